"""The server's own figures of a while: how late its event loop was, how long it took to answer a read, and how long it was kept from a core.

The time of an honest caller is made of the server's and of the machine's, which attackers share here and nowhere else. These say which.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from tests.drills.site import Site

BUCKET: Final = re.compile(
    r'^(portcullis_\w+)_bucket\{le="([^"]+)"(?:,operation="(\w+)",surface="(\w+)")?\} (\S+)$', re.MULTILINE
)
DELAY: Final = ("portcullis_loop_delay_seconds", "", "")
READ: Final = ("portcullis_request_seconds", "list_accounts", "gateway")
RANK: Final = 0.99

Counts = Mapping[float, float]  # samples of at most so many seconds


@dataclass(frozen=True, slots=True)
class Inside:
    """Sums since the server's start; `since` makes those of a while."""

    delays: Counts
    reads: Counts
    worked_seconds: float
    kept_seconds: float  # in which one of its threads could have worked and no core was free

    def since(self, before: "Inside") -> "Inside":
        return Inside(
            _difference(self.delays, before.delays),
            _difference(self.reads, before.reads),
            self.worked_seconds - before.worked_seconds,
            self.kept_seconds - before.kept_seconds,
        )

    def __str__(self) -> str:
        return (
            f"server: loop late by {percentile(self.delays) * 1000:.1f} ms (p99), {percentile(self.delays, 1.0) * 1000:.0f} at most, reads answered in "
            f"{percentile(self.reads) * 1000:.1f} ms (p99); worked {self.worked_seconds:.1f} s, "
            f"was kept from a core {self.kept_seconds:.2f} s"
        )


async def look_inside(site: Site) -> Inside:
    assert site.server.process is not None
    async with aiohttp.ClientSession() as session, session.get(f"{site.server.ready['ops']}/metrics") as answer:
        found = read_histograms(await answer.text())
    worked, kept = _scheduled(Path(f"/proc/{site.server.process.pid}/task"))
    return Inside(found.get(DELAY, {}), found.get(READ, {}), worked, kept)


def read_histograms(text: str) -> dict[tuple[str, str, str], dict[float, float]]:
    """The buckets of an exposition, by name, operation and surface."""
    found: dict[tuple[str, str, str], dict[float, float]] = {}
    for name, bound, operation, surface, count in BUCKET.findall(text):
        found.setdefault((name, operation, surface), {})[float(bound)] = float(count)
    return found


def percentile(counts: Counts, rank: float = RANK) -> float:
    """Seconds, estimated within a bucket as if its samples were spread evenly; 0 without samples."""
    wanted, lower, below = max(counts.values(), default=0.0) * rank, 0.0, 0.0
    for bound, count in sorted(counts.items()):
        if count >= wanted and count > below:
            upper = lower if bound == float("inf") else bound
            return lower + (upper - lower) * (wanted - below) / (count - below)
        lower, below = bound, count
    return 0.0


def _difference(now: Counts, before: Counts) -> Counts:
    return {bound: count - before.get(bound, 0.0) for bound, count in now.items()}


def _scheduled(tasks: Path) -> tuple[float, float]:
    """Seconds that the threads of a process worked, and were ready and waited for a core (Linux's sched-stats.rst)."""
    sums: Counter[int] = Counter()
    for task in tasks.iterdir():
        worked, waited, _ = (task / "schedstat").read_text().split()
        sums.update({0: int(worked), 1: int(waited)})
    return sums[0] / 1e9, sums[1] / 1e9
