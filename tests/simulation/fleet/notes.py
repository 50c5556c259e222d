"""The notes of all processes of a run, a line each in one file: what was written stands, however its process ends."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

PLACED, BREACHED = "placed", "breached"  # each order ends as one: a limit of its consent has no room for it
SENT, ABSENT, DIED, FAULT, WRONG = "sent", "absent", "died", "fault", "wrong"
HANDED_IN, NEVER_CAME = "handed_in", "never_came"


@dataclass(frozen=True)
class Note:
    kind: str
    facts: tuple[str, ...]


class Notes:
    """Appended to by any process; the lines stand in the order in which they were written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._read = 0
        self._rest = b""

    def write(self, kind: str, *facts: object) -> None:
        os.write(self._file, " ".join((kind, *(str(fact).replace(" ", "_") for fact in facts), "\n")).encode())

    def read(self) -> Iterator[Note]:
        """The lines since the last time."""
        with self._path.open("rb") as file:
            file.seek(self._read)
            added = file.read()
        self._read += len(added)
        *lines, self._rest = (self._rest + added).split(b"\n")
        for line in lines:
            kind, *facts = line.decode().split()
            yield Note(kind, tuple(facts))


def blind_submissions(notes: list[Note], arrival_seconds: float, lease_seconds: float) -> list[str]:
    """The submissions of an order that was sent before, without a worker's proof that nothing arrived: a question which was asked once
    nothing could be under way (an attempt is written down at most a lease before it is sent), and just now."""
    sent: dict[str, datetime] = {}
    absent: dict[str, datetime] = {}
    blind = []
    for note in notes:
        if note.kind not in (SENT, ABSENT):
            continue
        order_id, at = note.facts[0], datetime.fromisoformat(note.facts[1].replace("_", " "))
        if note.kind == ABSENT:
            absent[order_id] = max(at, absent.get(order_id, at))  # an older question may be answered later
            continue
        before, proven = sent.get(order_id), absent.pop(order_id, None)
        if before is not None and not (
            proven is not None
            and (proven - before).total_seconds() >= arrival_seconds - lease_seconds
            and (at - proven).total_seconds() < lease_seconds
        ):
            blind.append(f"{order_id}: sent {before}, proven missing {proven}, sent {at}")
        sent[order_id] = at
    return blind


def blind_payments(notes: list[Note]) -> list[str]:
    """The payments that were handed to the rail more than once without its answer that it never had them, to the one who hands them over:
    only the first submission needs none. Two that meet at the bank may both have asked before either hands over."""
    proven: set[tuple[str, ...]] = set()
    unproven: set[str] = set()
    blind = []
    for note in notes:
        if note.kind == NEVER_CAME:
            proven.add(note.facts)
        if note.kind == HANDED_IN and note.facts in proven:
            proven.discard(note.facts)
        elif note.kind == HANDED_IN:
            uetr = note.facts[0]
            blind += [uetr] if uetr in unproven else []
            unproven.add(uetr)
    return blind


def counted(notes: list[Note], kind: str) -> Counter[str]:
    return Counter(note.facts[0] for note in notes if note.kind == kind)
