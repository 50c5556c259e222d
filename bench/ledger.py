"""Ledger entries per CPU second, server and client together, against raw inserts of the same rows by the same driver.

One entry moves money from one of many customers to one hot clearing account: an entry row, two postings and the customer's line. The raw
tables have the same columns, indexes and checks, and no rules; their rows come ready, with the lines sealed.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.processes import own_seconds, tree_seconds
from kernel.banking.accounts import AccountCategory, AccountType
from kernel.banking.money import Money
from kernel.clock import ManualClock
from kernel.commands.runner import Commands
from kernel.ids import RandomIds
from kernel.storage.database import Database
from kernel.storage.journal import Journal
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.accounts.internal import internal_account_id, rail_clearing
from plugins.ledger.accounts.openings import AccountOpening, Holder, Right
from plugins.ledger.documents import Identity, Narrative
from plugins.ledger.ledger import Ledger
from plugins.ledger.postings.bulk import BulkInsert
from plugins.ledger.postings.entries import LedgerEntry, Leg, Line
from plugins.ledger.postings.poster import BookEntries

BRAND = "bench"
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
ACCOUNTS = 500
ROUNDS = 4  # of each measurement; the best counts, as the least disturbed
ENTRIES = 12_000  # of each round: many ticks of the clock by which a system counts CPU
BATCHES = (256, 1_000)
COPIED = (tables.entries, tables.postings, tables.transactions)
CLEARING = internal_account_id(rail_clearing("bench"), "GBP")


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU seconds of one round."""

    server: float
    client: float
    entries: int

    @property
    def micros_per_entry(self) -> float:
        return (self.server + self.client) / self.entries * 1e6

    def document(self) -> dict[str, float]:
        return {
            "server_us": round(self.server / self.entries * 1e6, 1),
            "client_us": round(self.client / self.entries * 1e6, 1),
            "entries_per_cpu_second": round(1e6 / self.micros_per_entry),
        }


@dataclass(slots=True)
class LedgerBench:
    database: Database
    server_pid: int
    sealer: Sealer
    clock: ManualClock
    ids: RandomIds

    async def prepare(self) -> None:
        """Customers with funds, and the raw tables."""
        ledger = Ledger(self.sealer, self.clock)

        async def work(connection: AsyncConnection) -> None:
            for number in range(ACCOUNTS):
                await ledger.open_account(connection, BRAND, _opening(f"customer-{number}"))
            funds = [self._entry(number, -(10**9), internal_account_id("world", "GBP")) for number in range(ACCOUNTS)]
            await ledger.post(connection, BRAND, funds)
            for table in COPIED:
                await connection.exec_driver_sql(f"CREATE TABLE raw_{table.name} (LIKE {table.name} INCLUDING ALL)")

        await self.database.write(work)

    async def measure(self, batch: int) -> tuple[Spent, Spent]:
        """The ledger, and raw inserts: the best round of each, taken in turns."""
        booked: list[Spent] = []
        raw: list[Spent] = []
        for _ in range(ROUNDS):
            booked.append(await self._spend(batch, self._book))
            raw.append(await self._spend(batch, self._insert_raw))
        return min(booked, key=lambda spent: spent.micros_per_entry), min(raw, key=lambda spent: spent.micros_per_entry)

    async def _spend(self, batch: int, work: Callable[[int], Awaitable[list[Callable[[], Awaitable[object]]]]]) -> Spent:
        steps = await work(batch)
        server, client = tree_seconds(self.server_pid), own_seconds()
        for step in steps:
            await step()
        return Spent(tree_seconds(self.server_pid) - server, own_seconds() - client, len(steps) * batch)

    async def _book(self, batch: int) -> list[Callable[[], Awaitable[object]]]:
        commands = Commands(database=self.database, clock=self.clock, journal=Journal(tables.journal, tables.outbox))

        def step() -> Callable[[], Awaitable[object]]:
            entries = [self._entry(number, 100, CLEARING) for number in range(batch)]
            return lambda: commands.run(BookEntries(self.sealer, self.clock, BRAND, entries))

        return [step() for _ in range(ENTRIES // batch)]

    async def _insert_raw(self, batch: int) -> list[Callable[[], Awaitable[object]]]:
        """Rows that the ledger has written, into the raw tables."""
        await self.database.write(_empty_raw)
        async with self.database.read() as connection:
            chosen = sa.select(tables.entries.c.id).where(tables.entries.c.kind == "transfer").order_by(tables.entries.c.id)
            ids = list(await connection.scalars(chosen.limit(ENTRIES // batch * batch)))
            rows = {table.name: await _rows_of(connection, table, ids) for table in COPIED}
        inserts = {table.name: _raw_insert(table) for table in COPIED}

        def step(some: set[str]) -> Callable[[], Awaitable[object]]:
            mine = {name: [row for entry_id, row in all_rows if entry_id in some] for name, all_rows in rows.items()}

            async def work(connection: AsyncConnection) -> None:
                for name, insert in inserts.items():
                    await insert.run(connection, mine[name])

            return lambda: self.database.write(work)

        return [step(set(ids[start : start + batch])) for start in range(0, len(ids), batch)]

    def _entry(self, number: int, minor: int, opposite: str) -> LedgerEntry:
        line = Line(id=self.ids.uuid(), booked_at=NOW, narrative=Narrative("Payment to somebody", "REF 1"), code="PMNT.ICDT.DMCT")
        legs = (
            Leg(f"customer-{number % ACCOUNTS}", Money("GBP", -minor), line),
            Leg(opposite, Money("GBP", minor)),
        )
        return LedgerEntry(self.ids.uuid(), legs)


def _opening(account_id: str) -> AccountOpening:
    return AccountOpening(
        id=account_id,
        currency="GBP",
        type=AccountType.CURRENT,
        category=AccountCategory.PERSONAL,
        product="Current account",
        opened_at=NOW,
        identity=Identity(),
        holders=(Holder("customer", Right.APPROVE),),
    )


async def _empty_raw(connection: AsyncConnection) -> None:
    for table in COPIED:
        await connection.exec_driver_sql(f"TRUNCATE raw_{table.name}")


async def _rows_of(connection: AsyncConnection, table: sa.Table, ids: list[str]) -> list[tuple[str, tuple[object, ...]]]:
    """Every row with the id of its entry, as the database stores it. A line is of the posting that has its sequence."""
    stored = [
        sa.type_coerce(column, sa.BigInteger) if isinstance(column.type, sa.types.TypeDecorator) else column for column in table.c
    ]
    statement = sa.select(*stored)
    if table is tables.transactions:
        of_line = sa.and_(tables.postings.c.brand == table.c.brand, tables.postings.c.sequence == table.c.sequence)
        statement = sa.select(tables.postings.c.entry_id, *stored).join(tables.postings, of_line)
        statement = statement.where(tables.postings.c.entry_id.in_(ids))
        return [(row[0], tuple(row)[1:]) for row in await connection.execute(statement)]
    key = table.c.id if table is tables.entries else table.c.entry_id
    return [(row[0], tuple(row)[1:]) for row in await connection.execute(sa.select(key, *stored).where(key.in_(ids)))]


def _raw_insert(table: sa.Table) -> BulkInsert:
    copy = table.to_metadata(sa.MetaData(), name=f"raw_{table.name}")
    return BulkInsert(copy, *(column.name for column in copy.c))
