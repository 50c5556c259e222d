"""The honest TPP during an attack: it reads accounts at a steady pace and notes how long each answer took; and readiness, asked all the
while."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp

from sandbox.tpp_kit.knobs import Knobs
from tests.drills.inside import Inside, look_inside
from tests.drills.site import Site
from tests.harness.judged import Grant, JudgedTpp

READS_PER_SECOND = 25
READINESS_SECONDS = 0.25
MEMORY_SECONDS = 0.1
PRESENT = Knobs(headers={"x-fapi-customer-ip-address": "192.0.2.7"})


@dataclass
class Watched:
    """Observations of the server while something went on."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    unready: int = 0
    readiness_asked: int = 0
    resident_before: int = 0
    resident_most: int = 0
    inside: Inside | None = None  # the server's own figures, once it is over

    @property
    def p99_milliseconds(self) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000 if ordered else float("inf")

    @property
    def growth_bytes(self) -> int:
        return max(0, self.resident_most - self.resident_before)


class Honest:
    """One TPP with Alice's consent, its token renewed when it has grown old."""

    def __init__(self, site: Site, tpp: JudgedTpp, grant: Grant) -> None:
        self.site = site
        self.tpp = tpp
        self._grant = grant
        self._granted_at = time.monotonic()

    @classmethod
    @asynccontextmanager
    async def at(cls, site: Site) -> AsyncIterator["Honest"]:
        async with JudgedTpp.of(site.server, "acme") as tpp:
            yield cls(site, tpp, await tpp.granted())

    async def renew(self, older_than: float = 200) -> None:
        """A token lives for five minutes."""
        if time.monotonic() - self._granted_at > older_than:
            self._grant, self._granted_at = await self.tpp.granted(), time.monotonic()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[Watched]:
        """Reads, readiness and memory, until the context ends."""
        await self.renew()
        watched, stop = Watched(resident_before=self.site.resident_bytes()), asyncio.Event()
        watched.resident_most = watched.resident_before
        before = await look_inside(self.site)
        tasks = [asyncio.create_task(work(watched, stop)) for work in (self._read, self._ask_readiness, self._weigh)]
        try:
            yield watched
        finally:
            stop.set()  # what is under way ends by itself: a connection cut off within TLS outlives its loop
            await asyncio.gather(*tasks, return_exceptions=True)
            watched.inside = (await look_inside(self.site)).since(before)

    async def _read(self, watched: Watched, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                group.create_task(self._read_once(watched))
                await _pause(stop, 1 / READS_PER_SECOND)

    async def _read_once(self, watched: Watched) -> None:
        started = time.perf_counter()
        try:
            answer = await self.tpp.get("/accounts", self._grant.token, knobs=PRESENT)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            watched.statuses[type(error).__name__] += 1
            return
        watched.seconds.append(time.perf_counter() - started)
        watched.statuses[str(answer.status)] += 1

    async def _ask_readiness(self, watched: Watched, stop: asyncio.Event) -> None:
        async with aiohttp.ClientSession() as session:
            while not stop.is_set():
                watched.readiness_asked += 1
                watched.unready += not await self.site.is_ready(session)
                await _pause(stop, READINESS_SECONDS)

    async def _weigh(self, watched: Watched, stop: asyncio.Event) -> None:
        while not stop.is_set():
            watched.resident_most = max(watched.resident_most, self.site.resident_bytes())
            await _pause(stop, MEMORY_SECONDS)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    """Until then, or until it is over."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
