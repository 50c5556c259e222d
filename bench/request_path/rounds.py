"""Subjects measured in turns: each round has a load of every subject, so that what else the machine does meets them all.

CPU of everything that works for a subject is the figure; a subject's figure is the median of its rounds.
"""

import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.request_path.load import Load, opened


@dataclass(frozen=True, slots=True)
class Subject:
    """`requests` makes a number of prepared requests; `seconds` is the CPU of each process that answers them, by its part. `dearness`
    divides the number of requests, and of connections, where the gateway counts a call as so many units."""

    name: str
    port: int
    context: ssl.SSLContext | None
    requests: Callable[[int], Iterable[bytes]]
    seconds: Callable[[], Mapping[str, float]]
    status: int = 200
    dearness: int = 1


@dataclass(slots=True)
class Measured:
    """Microseconds of CPU for each request, by process, one figure a round; latencies in milliseconds."""

    rounds: list[dict[str, float]] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    def add(self, micros: dict[str, float], load: Load) -> None:
        self.rounds.append(micros)
        self.p50.append(load.percentile(0.5))
        self.p99.append(load.percentile(0.99))

    @property
    def micros(self) -> float:
        return median(sum(each.values()) for each in self.rounds)

    def document(self) -> dict[str, Any]:
        parts = {f"{part}_us": round(median(each[part] for each in self.rounds)) for part in self.rounds[0]}
        return {
            "us": round(self.micros),
            **parts,
            "lowest_us": round(min(sum(each.values()) for each in self.rounds)),
            "highest_us": round(max(sum(each.values()) for each in self.rounds)),
            "p50_ms": round(median(self.p50), 1),
            "p99_ms": round(median(self.p99), 1),
        }


async def measure_in_turns(subjects: Sequence[Subject], *, rounds: int, requests: int, connections: int) -> dict[str, Measured]:
    """By the name of each subject. Raises AssertionError if an answer has another status than the subject's."""
    measured = {subject.name: Measured() for subject in subjects}
    for subject in subjects:  # the first requests fill caches and open what is opened once
        await _measure(subject, max(connections, requests // 10), connections, Measured())
    for _ in range(rounds):
        for subject in subjects:
            count = max(connections, requests // subject.dearness)
            await _measure(subject, count, connections, measured[subject.name])
    return measured


async def _measure(subject: Subject, count: int, connections: int, measured: Measured) -> None:
    requests = subject.requests(count)
    async with opened(subject.port, subject.context, max(1, connections // subject.dearness)) as line:
        before = subject.seconds()
        load = await line.send_all(requests)
        after = subject.seconds()
    assert set(load.statuses) == {subject.status}, f"{subject.name}: {dict(load.statuses)}"
    measured.add({part: (after[part] - before[part]) / count * 1e6 for part in after}, load)
