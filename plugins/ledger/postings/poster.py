"""The poster: books settled facts in batches, one at a time for each brand, so that hot accounts are locked once for all of a batch.

The first fact after a quiet moment is booked at once; under load a batch gathers for up to GATHER_SECONDS since the last one began, or
until it is full. An entry's id makes it safe to post again after any failure: what was booked is not booked twice. One bad entry does
not sink its batch: it is found by halving, its caller gets the refusal, and all others are booked.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from types import MappingProxyType

import structlog
from sqlalchemy.exc import DataError, IntegrityError

from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import Overloaded, Problem, UpstreamFailed
from kernel.storage.database import Database
from kernel.storage.journal import Entry, Journal
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.postings.booking import Booked, book_entries
from plugins.ledger.postings.entries import LedgerEntry, check_balanced
from plugins.ledger.postings.stored import load_entries
from plugins.ledger.refusals import EntryRepeated, TransferMoved, refusal_of
from plugins.ledger.transfers.own_transfers import OwnTransfer, credit, lock_reserved

ENTRIES_MAX = 1000  # of one batch
GATHER_SECONDS = 0.02  # between the beginnings of two batches that are not full
WAITING_MAX = 10_000  # entries of one brand that wait for their batch

UTC_ALONE: Mapping[str, tzinfo] = MappingProxyType({})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BookEntries:
    """Book all of a batch but those that are refused. No two entries have the same id. `transfers`: those that are credited with the
    entries of their ids; `zone`: that of the brand's days."""

    name = "book_entries"
    locks = ()  # the transfers, then the booking numbers, then the accounts, then their holds: booking.py
    sealer: Sealer
    clock: Clock
    brand: str
    entries: Sequence[LedgerEntry]
    transfers: Mapping[str, OwnTransfer] = field(default_factory=dict)
    zone: tzinfo = UTC

    async def handle(self, unit: UnitOfWork) -> Booked:
        reserved = await lock_reserved(unit.connection, self.brand, self.transfers.keys())
        moved = self.transfers.keys() - reserved
        entries = [entry for entry in self.entries if entry.id not in moved]
        refused: dict[str, int | Problem] = {each: TransferMoved(f"transfer {each}") for each in moved}
        if not entries:
            return Booked(refused, 0, 0, 0)
        booked = await book_entries(unit.connection, self.sealer, self.clock, self.brand, entries, zone=self.zone)
        credited = [each for each in self.transfers.items() if isinstance(booked.outcomes.get(each[0]), int)]
        await credit(unit.connection, self.brand, credited)
        booked.outcomes.update(refused)
        self._record(unit, booked)
        return booked

    def _record(self, unit: UnitOfWork, booked: Booked) -> None:
        if booked.entries:
            first = next(entry.id for entry in self.entries if isinstance(booked.outcomes[entry.id], int))
            facts: dict[str, str | int | list[str] | None] = {
                "entries": booked.entries,
                "postings": booked.postings,
                "sequence": booked.last,
            }
            at = self.clock.now()
            unit.record(Entry(brand=self.brand, kind="ledger.posted", aggregate_id=first, at=at, actor="system", facts=facts))


@dataclass(slots=True, eq=False)
class _Waiting:
    entry: LedgerEntry
    transfer: OwnTransfer | None
    outcome: asyncio.Future[int]


@dataclass(slots=True)
class _Queue:
    waiting: deque[_Waiting] = field(default_factory=deque)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    full: asyncio.Event = field(default_factory=asyncio.Event)


class Poster:
    """Open with `async with Poster.lifetime(database, sealer, clock) as poster`; what was accepted is booked before it closes.
    `zones` are those of the brands' days, by name; without one a day is one of UTC."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, zones: Mapping[str, tzinfo] = UTC_ALONE) -> None:
        self._commands = Commands(database=database, clock=clock, journal=Journal(tables.journal, tables.outbox))
        self._sealer = sealer
        self._zones = zones
        self._queues: dict[str, _Queue] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    @classmethod
    @asynccontextmanager
    async def lifetime(
        cls, database: Database, sealer: Sealer, clock: Clock, zones: Mapping[str, tzinfo] = UTC_ALONE
    ) -> AsyncIterator["Poster"]:
        poster = cls(database, sealer, clock, zones)
        try:
            yield poster
        finally:
            await poster._stop()

    async def post(self, brand: str, entry: LedgerEntry, transfer: OwnTransfer | None = None) -> int:
        """The booking number of the entry's last posting, once it is committed; of an entry that is there already, the one it has.
        `transfer`: the transfer of the entry's id is credited with it.

        Raises the refusal (refusals.py): EntryUnbalanced, EntryMismatched, EntryTooLarge, FundsInsufficient, HoldUnknown, HoldEnded,
        HoldMismatched, EntryRepeated for the id of another entry, TransferMoved for a transfer that is no longer only reserved,
        EntryRefused for what only the database saw. Overloaded, and UpstreamFailed for a database that is not as this release knows it,
        refuse nothing: the entry may be booked, post it again."""
        check_balanced(entry)
        queue = self._queue(brand)
        if self._stopping or len(queue.waiting) >= WAITING_MAX:
            raise Overloaded(f"{len(queue.waiting)} entries wait to be booked")
        waiting = _Waiting(entry, transfer, asyncio.get_running_loop().create_future())
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
        """Answer all that wait. An id that several ask for at once is booked for the first of them; the others have what it comes to, or,
        if they ask for another entry under its id, come next."""
        firsts: dict[str, _Waiting] = {}
        others = [waiting for waiting in batch if firsts.setdefault(waiting.entry.id, waiting) is not waiting]
        try:
            await self._book_or_halve(brand, list(firsts.values()))
            left = await self._find(brand, others)
        except Exception as error:  # an outage: each asks again, by the same id
            _give_up(batch, error)
            return
        for twin in left:
            first = firsts[twin.entry.id]
            if first.entry.is_same(twin.entry):
                _follow(first, twin)
        again = [waiting for waiting in left if not waiting.outcome.done()]
        if again:
            await self._settle(brand, again)

    async def _book_or_halve(self, brand: str, batch: list[_Waiting]) -> None:
        if not batch:
            return
        try:
            entries = [each.entry for each in batch]
            transfers = {each.entry.id: each.transfer for each in batch if each.transfer is not None}
            zone = self._zones.get(brand, UTC)
            booked = await self._commands.run(BookEntries(self._sealer, self._commands.clock, brand, entries, transfers, zone))
        except (IntegrityError, DataError) as error:  # what the database says of an entry
            left = await self._find(brand, batch)
            if len(left) == 1 == len(batch):
                refusal = refusal_of(error, left[0].entry.id)
                _give_up(left, error) if refusal is None else _refuse(left[0], refusal)
                return
            halves = (left,) if len(left) < len(batch) else (left[: len(left) // 2], left[len(left) // 2 :])
            for half in halves:
                await self._book_or_halve(brand, half)
            return
        for waiting in batch:
            outcome = booked.outcomes[waiting.entry.id]
            if isinstance(outcome, TransferMoved):
                _refuse(waiting, outcome)
            elif isinstance(outcome, Problem):
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


def _follow(first: _Waiting, twin: _Waiting) -> None:
    """A refusal of the first is one of the same entry. One whose caller has gone was refused unheard: ask again."""
    refusal = Overloaded("not booked") if first.outcome.cancelled() else first.outcome.exception()
    if isinstance(refusal, Problem):
        _refuse(twin, refusal)


def _give_up(batch: list[_Waiting], error: Exception) -> None:
    """After a failure that says nothing of the entries. One that will not pass by itself is an error: a right or a column is missing."""
    is_passing = isinstance(error, Problem)
    problem = error if isinstance(error, Problem) else UpstreamFailed(f"not booked: {type(error).__qualname__}")
    level = logging.WARNING if is_passing else logging.ERROR
    log.log(level, "batch_not_booked", entries=len(batch), error=type(error).__qualname__)
    for waiting in batch:
        _refuse(waiting, problem)
