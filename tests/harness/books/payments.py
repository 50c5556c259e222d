"""Payments as they are stored: orders, what they hold, and what was booked for them."""

import asyncio
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orders import tables as o
from orders.tables import orders
from plugins.ledger import tables as ledger
from tests.harness.books.reader import Reader

LOOKS_MAX = 400
WATCHED = (orders, ledger.transfers, ledger.accounts)  # an account's row has its balance and what is held of it
COUNTED = (o.order_events, ledger.holds, ledger.entries)  # rows of the ledger are never changed without their account's

Rows = dict[str, set[tuple[Any, ...]]]


@dataclass(frozen=True)
class PaymentBooks:
    reader: Reader

    async def settled(self) -> None:
        """Wait until there is nothing left to do for any order: what is watched from then on changes by new calls alone."""
        for _ in range(LOOKS_MAX):
            if not await self.due():
                return
            await asyncio.sleep(0.05)
        raise AssertionError("orders stay due")

    async def due(self) -> list[str]:
        """The ids of the orders that a worker has something to do for, now or later."""
        return await self.reader.values(sa.select(orders.c.id).where(orders.c.due_at.is_not(None)))

    async def watched(self) -> Rows:
        """Every row that a refused call must neither add nor change: each order, hold, entry, and balance."""
        rows = {table.name: {tuple(row) for row in await self.reader.all_of(table)} for table in WATCHED}
        return rows | {table.name: {(await self.reader.count(table),)} for table in COUNTED}

    async def check_nothing_moved(self, before: Rows) -> Rows:
        """The rows as they are now."""
        after = await self.watched()
        changed = {name: rows ^ before[name] for name, rows in after.items() if rows != before[name]}
        assert not changed, f"a refused call moved {changed}"
        return after

    async def held(self) -> int:
        """Open holds, of all accounts."""
        query = sa.select(sa.func.count()).select_from(ledger.holds).where(ledger.holds.c.state == "open")
        return await self.reader.value(query)

    async def orders_of(self, consent_id: str) -> list[str]:
        return await self.reader.values(sa.select(orders.c.id).where(orders.c.consent_id == consent_id))
