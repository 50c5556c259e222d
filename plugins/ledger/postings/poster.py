"""The poster: books settled facts in batches, one at a time for each brand, so that hot accounts are locked once for all of a batch.

The first fact after a quiet moment is booked at once; under load a batch gathers for up to GATHER_SECONDS since the last one began, or
until it is full. An entry's id makes it safe to post again after any failure: what was booked is not booked twice. One bad entry does
not sink its batch: it is found by halving, its caller gets the refusal, and all others are booked.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import Overloaded, Problem
from kernel.storage.database import Database
from kernel.storage.journal import Entry, Journal
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.postings.booking import Booked, book_entries
from plugins.ledger.postings.entries import LedgerEntry, check_balanced
from plugins.ledger.postings.stored import load_entries
from plugins.ledger.refusals import EntryRepeated, refusal_of

ENTRIES_MAX = 1000  # of one batch
GATHER_SECONDS = 0.02  # between the beginnings of two batches that are not full
WAITING_MAX = 10_000  # entries of one brand that wait for their batch

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BookEntries:
    """Book all of a batch but those that are refused. No two entries have the same id."""

    name = "book_entries"
    locks = ()  # the booking numbers, then the accounts, then their holds: booking.py
    sealer: Sealer
    clock: Clock
    brand: str
    entries: Sequence[LedgerEntry]

    async def handle(self, unit: UnitOfWork) -> Booked:
        booked = await book_entries(unit.connection, self.sealer, self.clock, self.brand, self.entries)
        if booked.entries:
            first = next(entry.id for entry in self.entries if isinstance(booked.outcomes[entry.id], int))
            facts: dict[str, str | int | list[str] | None] = {
                "entries": booked.entries,
                "postings": booked.postings,
                "sequence": booked.last,
            }
            at = self.clock.now()
            unit.record(Entry(brand=self.brand, kind="ledger.posted", aggregate_id=first, at=at, actor="system", facts=facts))
        return booked


@dataclass(slots=True, eq=False)
class _Waiting:
    entry: LedgerEntry
    outcome: asyncio.Future[int]


@dataclass(slots=True)
class _Queue:
    waiting: deque[_Waiting] = field(default_factory=deque)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    full: asyncio.Event = field(default_factory=asyncio.Event)


class Poster:
    """Open with `async with Poster.lifetime(database, sealer, clock) as poster`; what was accepted is booked before it closes."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._commands = Commands(database=database, clock=clock, journal=Journal(tables.journal, tables.outbox))
        self._sealer = sealer
        self._queues: dict[str, _Queue] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    @classmethod
    @asynccontextmanager
    async def lifetime(cls, database: Database, sealer: Sealer, clock: Clock) -> AsyncIterator["Poster"]:
        poster = cls(database, sealer, clock)
        try:
            yield poster
        finally:
            await poster._stop()

    async def post(self, brand: str, entry: LedgerEntry) -> int:
        """The booking number of the entry's last posting, once it is committed; of an entry that is there already, the one it has.

        Raises the refusal (refusals.py): EntryUnbalanced, EntryMismatched, EntryTooLarge, FundsInsufficient, HoldUnknown, HoldEnded,
        HoldMismatched, EntryRepeated for the id of another entry, EntryRefused for what only the database saw; or Overloaded, and then the
        entry may be booked all the same: post it again."""
        check_balanced(entry)
        queue = self._queue(brand)
        if self._stopping or len(queue.waiting) >= WAITING_MAX:
            raise Overloaded(f"{len(queue.waiting)} entries wait to be booked")
        waiting = _Waiting(entry, asyncio.get_running_loop().create_future())
        queue.waiting.append(waiting)
        queue.arrived.set()
        if len(queue.waiting) >= ENTRIES_MAX:
            queue.full.set()
        return await waiting.outcome

    def _queue(self, brand: str) -> _Queue:
        if brand not in self._queues:
            self._queues[brand] = _Queue()
            self._tasks.append(asyncio.create_task(self._run(brand, self._queues[brand]), name=f"poster {brand}"))
        return self._queues[brand]

    async def _run(self, brand: str, queue: _Queue) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time() - GATHER_SECONDS
        while True:
            await queue.arrived.wait()
            if self._stopping and not queue.waiting:
                return
            await _gather(queue, 0 if self._stopping else began + GATHER_SECONDS - loop.time())
            began = loop.time()
            batch = [queue.waiting.popleft() for _ in range(min(len(queue.waiting), ENTRIES_MAX))]
            if not queue.waiting and not self._stopping:
                queue.arrived.clear()
            if len(queue.waiting) < ENTRIES_MAX:
                queue.full.clear()
            await self._settle(brand, [waiting for waiting in batch if not waiting.outcome.done()])

    async def _settle(self, brand: str, batch: list[_Waiting]) -> None:
        """Answer all that wait. An id that several ask for at once is booked for the first of them, and then found by the others."""
        firsts: dict[str, _Waiting] = {}
        others = [waiting for waiting in batch if firsts.setdefault(waiting.entry.id, waiting) is not waiting]
        for group in (list(firsts.values()), others):
            try:
                if group is others:
                    await self._find(brand, group)
                else:
                    await self._book_or_halve(brand, group)
            except Exception as error:  # an outage: each asks again, by the same id
                log.warning("batch_not_booked", entries=len(group), error=type(error).__qualname__)
                for waiting in group:
                    _refuse(
                        waiting, error if isinstance(error, Problem) else Overloaded(f"not booked: {type(error).__qualname__}")
                    )

    async def _book_or_halve(self, brand: str, batch: list[_Waiting]) -> None:
        if not batch:
            return
        try:
            booked = await self._commands.run(
                BookEntries(self._sealer, self._commands.clock, brand, [each.entry for each in batch])
            )
        except (IntegrityError, DataError, ProgrammingError) as error:  # what the database says of an entry, or of a right on it
            left = await self._find(brand, batch)
            if len(left) == 1 == len(batch):
                _refuse(left[0], refusal_of(error, left[0].entry.id))
                return
            halves = (left,) if len(left) < len(batch) else (left[: len(left) // 2], left[len(left) // 2 :])
            for half in halves:
                await self._book_or_halve(brand, half)
            return
        for waiting in batch:
            outcome = booked.outcomes[waiting.entry.id]
            if isinstance(outcome, Problem):
                await self._refuse_or_find(brand, waiting, outcome)
            elif not waiting.outcome.done():
                waiting.outcome.set_result(outcome)

    async def _refuse_or_find(self, brand: str, waiting: _Waiting, problem: Problem) -> None:
        """A repeated entry is no longer payable, or its hold has ended, because it was booked the first time."""
        if await self._find(brand, [waiting]):
            _refuse(waiting, problem)

    async def _find(self, brand: str, batch: list[_Waiting]) -> list[_Waiting]:
        """Answer those whose entry is there already; the rest."""
        if not batch:
            return []
        async with self._commands.database.read() as connection:
            found = await load_entries(connection, brand, {waiting.entry.id for waiting in batch})
        for waiting in batch:
            stored = found.get(waiting.entry.id)
            if stored is not None and not stored.is_of(waiting.entry):
                _refuse(waiting, EntryRepeated(f"entry {waiting.entry.id} was booked as another"))
            elif stored is not None and not waiting.outcome.done():
                waiting.outcome.set_result(stored.sequence)
        return [waiting for waiting in batch if waiting.entry.id not in found]

    async def _stop(self) -> None:
        self._stopping = True
        for queue in self._queues.values():
            queue.arrived.set()
            queue.full.set()
        await asyncio.gather(*self._tasks)


async def _gather(queue: _Queue, seconds: float) -> None:
    if seconds <= 0:
        return
    try:
        async with asyncio.timeout(seconds):
            await queue.full.wait()
    except TimeoutError:
        return


def _refuse(waiting: _Waiting, problem: Problem) -> None:
    if not waiting.outcome.done():
        waiting.outcome.set_exception(problem)
