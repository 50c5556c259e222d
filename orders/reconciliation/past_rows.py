"""Rows of reconciliation whose time has passed, a bounded batch at a time: statements, the oldest of an account first, and breaks that cleared.

A statement that an open break names stays. The oldest that is left begins the chain (chain.py): it is an admitted one. Matches, returns,
settlements and their items belong to entries of the ledger, as do breaks that were resolved: they are kept as long as these, for good, or
a payment would be settled, given back or found again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.brand import Brand
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.storage.sealed import Sealer
from orders.reconciliation.broken import OPEN_BREAKS, BreakState
from orders.reconciliation.chain import Verdict
from orders.reconciliation.commands import RECONCILING
from orders.reconciliation.rows import load_breaks
from orders.reconciliation.tables import break_events, breaks, statements

STATEMENTS_KEPT = timedelta(days=7 * 366)  # from their last day: as long as transfers, which are matched with them
CLEARED_KEPT = timedelta(days=7 * 366)  # breaks, from the day on which both sides agreed

GONE = frozenset({Verdict.ADMITTED.value, Verdict.DISCARDED.value})  # verdicts of statements that no one waits for


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveStatements:
    """Returns the number of rows. `now` is protocol time."""

    name = "remove_statements"
    brand: Brand
    sealer: Sealer
    now: datetime
    most: int

    @property
    def locks(self) -> Sequence[Lock]:
        return (RECONCILING.of(self.brand.name, "all"),)

    async def handle(self, unit: UnitOfWork) -> int:
        connection, brand, rows = unit.connection, self.brand.name, statements.c
        known = await load_breaks(connection, self.sealer, brand, states=OPEN_BREAKS)
        named = {subject.partition(":")[0] for broken, _ in known.values() for subject in broken.subjects}
        before, removed = (self.now - STATEMENTS_KEPT).date(), 0
        old = sa.select(rows.account, rows.currency).where(rows.brand == brand, rows.closes_on <= before).distinct()
        for account, currency in (await connection.execute(old.order_by(rows.account, rows.currency))).all():
            past = await _load_past(connection, brand, account, currency, before=before, named=named, most=self.most - removed)
            for each in past:
                mine = (rows.brand == brand, rows.key == each.key, rows.digest == each.digest)
                await connection.execute(statements.delete().where(*mine))
            removed += len(past)
        return removed


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveClearedBreaks:
    """With their history. Returns the number of breaks. `now` is protocol time."""

    name = "remove_cleared_breaks"
    brand: Brand
    now: datetime
    most: int

    @property
    def locks(self) -> Sequence[Lock]:
        return (RECONCILING.of(self.brand.name, "all"),)

    async def handle(self, unit: UnitOfWork) -> int:
        connection, brand, rows, events = unit.connection, self.brand.name, breaks.c, break_events.c
        last = sa.exists().where(
            events.brand == rows.brand,
            events.break_id == rows.id,
            events.version == rows.version,
            events.at <= self.now - CLEARED_KEPT,
        )
        past = sa.select(rows.id).where(rows.brand == brand, rows.state == BreakState.CLEARED.value, last)
        ids = list(await connection.scalars(past.order_by(rows.opened_at, rows.id).limit(self.most)))
        if ids:
            await connection.execute(break_events.delete().where(events.brand == brand, events.break_id.in_(ids)))
            await connection.execute(breaks.delete().where(rows.brand == brand, rows.id.in_(ids)))
        return len(ids)


@dataclass(slots=True, kw_only=True)
class StatementRemoval:
    """RemoveStatements as the janitor asks for it (orders/janitor.py Removal)."""

    sealer: Sealer
    name: str = RemoveStatements.name

    def __call__(self, *, brand: Brand, now: datetime, most: int) -> RemoveStatements:
        return RemoveStatements(brand=brand, sealer=self.sealer, now=now, most=most)


async def _load_past(
    connection: AsyncConnection, brand: str, account: str, currency: str, *, before: date, named: Collection[str], most: int
) -> list[Any]:
    """Those of whole days, from the oldest on. What comes after them must be admitted without them: the next day as a whole, or a day stays."""
    rows = statements.c
    mine = sa.select(rows.key, rows.digest, rows.closes_on, rows.verdict).where(
        rows.brand == brand, rows.account == account, rows.currency == currency
    )
    found = (await connection.execute(mine.order_by(rows.closes_on, rows.key, rows.digest).limit(most + 1))).all()
    days = [list(each) for _, each in groupby(found, key=lambda row: row.closes_on)]
    if len(found) > most:
        days.pop()  # there may be more of it
    past = 0
    while past < len(days) and _may_go(days[past], before, named):
        past += 1
    if past == len(days) or not _is_admitted(days[past]):
        past -= 1
    return [row for day in days[: max(0, past)] for row in day]


def _may_go(day: Sequence[Any], before: date, named: Collection[str]) -> bool:
    return day[0].closes_on <= before and all(row.verdict in GONE for row in day) and not any(row.key in named for row in day)


def _is_admitted(day: Sequence[Any]) -> bool:
    return all(row.verdict in GONE for row in day) and any(row.verdict == Verdict.ADMITTED.value for row in day)
