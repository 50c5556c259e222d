"""A recording: the folder that a run with PORTCULLIS_RECORD left, read as the normalised answers of each test."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.harness.recorded.answer import Answer, Lines
from tests.harness.recorded.calls import BARE
from tests.harness.recorded.plain import plain

CROWD = 20  # of so many bare connections some are refused for want of room: which ones, is chance
MADE = "made.json"  # its day and commit


@dataclass
class TestAnswers:
    """The answers of one test; or of what tests share, whose order is chance, as is that of calls that overlap."""

    answers: list[Answer] = field(default_factory=list)
    is_ordered: bool = True

    def in_order(self) -> list[Lines]:
        """A repeated answer once: how often a test asks again is a matter of time."""
        lines = [answer.lines() for answer in self.answers]
        return [answer for number, answer in enumerate(lines) if number == 0 or answer != lines[number - 1]]

    def without_order(self) -> list[Lines]:
        """Each answer once, sorted."""
        return sorted({answer.lines() for answer in self.answers})

    def in_parts(self) -> list[Lines]:
        """Each answer and each member of a listing once, sorted."""
        return sorted({part for answer in self.answers for part in answer.parts()})


def read_recording(folder: Path) -> dict[str, TestAnswers]:
    """The answers to each test, by its node id; those that tests share, by their name. Raises FileNotFoundError if nothing was recorded."""
    found: dict[str, TestAnswers] = {}
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise FileNotFoundError(f"no recording in {folder}")
    for bucket in (bucket for file in files for bucket in _read_lines(file)):
        name = plain(bucket["name"], {}) if bucket["shared"] else bucket["name"]
        test = found.setdefault(name, TestAnswers())
        bare = sum(call["method"] == BARE for call in bucket["calls"])
        test.is_ordered &= not (bucket["shared"] or bucket["overlap"] or bare)
        calls = (call for call in bucket["calls"] if bare < CROWD or call["method"] != BARE)
        test.answers += [Answer(call, bucket["listeners"]) for call in calls]
    return found


def read_made(folder: Path) -> dict[str, str]:
    """The day and the commit of a recording."""
    return json.loads((folder / MADE).read_text())


def _read_lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open() as lines:
        for line in lines:
            yield json.loads(line)
