"""Rows of orders whose time has passed, a bounded batch at a time. An order goes with all that belongs to it, years after its end."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from kernel.banking.orders import TERMINAL_STATES
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from orders.tables import inbox, instructions, order_attempts, order_events, order_signers, orders

ORDERS_KEPT = timedelta(days=6 * 366)  # from their end: longer than the five years for which records of payments are kept by law


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveOrders:
    """Returns the number of rows. `now` is protocol time."""

    name = "remove_orders"
    locks = ()  # what another transaction holds has its turn later
    brand: Brand
    now: datetime
    most: int

    async def handle(self, unit: UnitOfWork) -> int:
        over = (orders.c.brand == self.brand.name, orders.c.state.in_([state.value for state in TERMINAL_STATES]))
        old = sa.select(orders.c.id, orders.c.instruction_id).where(
            *over, orders.c.due_at.is_(None), orders.c.since <= self.now - ORDERS_KEPT
        )
        found = (await unit.connection.execute(old.limit(self.most).with_for_update(skip_locked=True))).all()
        if not found:
            return 0
        ids = [row.id for row in found]
        await unit.connection.execute(orders.delete().where(orders.c.brand == self.brand.name, orders.c.id.in_(ids)))
        for table in (order_attempts, order_events, order_signers):
            await unit.connection.execute(table.delete().where(table.c.brand == self.brand.name, table.c.order_id.in_(ids)))
        emptied = [row.instruction_id for row in found]
        left = sa.select(orders.c.instruction_id).where(orders.c.brand == self.brand.name, orders.c.instruction_id.in_(emptied))
        mine = (instructions.c.brand == self.brand.name, instructions.c.id.in_(emptied), instructions.c.id.not_in(left))
        await unit.connection.execute(instructions.delete().where(*mine))
        return len(ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMessages:
    """Returns the number of rows. `now` is protocol time."""

    name = "remove_messages"
    locks = ()  # likewise
    brand: Brand
    now: datetime
    most: int

    async def handle(self, unit: UnitOfWork) -> int:
        rows = inbox.c
        old = sa.select(rows.source, rows.message_id).where(rows.brand == self.brand.name, rows.expires_at <= self.now)
        found = (await unit.connection.execute(old.limit(self.most).with_for_update(skip_locked=True))).all()
        if not found:
            return 0
        keys = sa.tuple_(rows.source, rows.message_id).in_([tuple(row) for row in found])
        return (await unit.connection.execute(inbox.delete().where(rows.brand == self.brand.name, keys))).rowcount
