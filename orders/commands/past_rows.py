"""Rows of orders whose time has passed, a bounded batch at a time. An order goes with all that belongs to it, years after its end; one whose
instruction has more to carry out stays, and so does the instruction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.orders import TERMINAL_STATES
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from orders.tables import inbox, instructions, order_attempts, order_events, order_signers, orders

ORDERS_KEPT = timedelta(days=6 * 366)  # from their end: longer than the five years for which records of payments are kept by law


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveOrders:
    """Orders of instructions that are over: each execution is there and has ended, long ago. Returns the number of rows. `now` is protocol
    time. What is left of an instruction after one batch goes with the next."""

    name = "remove_orders"
    locks = ()  # what another transaction holds has its turn later
    brand: Brand
    now: datetime
    most: int

    async def handle(self, unit: UnitOfWork) -> int:
        connection, brand = unit.connection, self.brand.name
        over = instructions.c.executions == _executions_over(self.now - ORDERS_KEPT)
        old = _old(orders, self.now - ORDERS_KEPT)
        mine = sa.and_(instructions.c.brand == orders.c.brand, instructions.c.id == orders.c.instruction_id)
        past = sa.select(orders.c.id).join(instructions, mine).where(orders.c.brand == brand, *old, over)
        locked = past.limit(self.most).with_for_update(of=orders, skip_locked=True)
        ids = [row.id for row in await connection.execute(locked)]
        if not ids:
            return 0
        gone = await _forget(connection, brand, ids)
        for table in (order_attempts, order_signers):
            await connection.execute(table.delete().where(table.c.brand == brand, table.c.order_id.in_(gone)))
        for instruction_id, number in Counter(gone.values()).items():
            of_it = (instructions.c.brand == brand, instructions.c.id == instruction_id)
            await connection.execute(instructions.update().where(*of_it).values(executions=instructions.c.executions - number))
        emptied = (instructions.c.id.in_(set(gone.values())), instructions.c.executions == 0, instructions.c.state.is_(None))
        await connection.execute(instructions.delete().where(instructions.c.brand == brand, *emptied))
        return len(gone)


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


def _old(table: sa.FromClause, before: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """An order that ended before that moment, with nothing left to do: by its row, and by its history, which no one rewrites."""
    order, last = table.c, order_events.alias().c
    ended = [state.value for state in TERMINAL_STATES]
    is_recorded = sa.exists().where(
        last.brand == order.brand, last.order_id == order.id, last.version == order.version, last.to_state.in_(ended)
    )
    return (order.state.in_(ended), order.due_at.is_(None), order.since <= before, is_recorded)


def _executions_over(before: datetime) -> sa.ScalarSelect[int]:
    """The number of orders of an instruction that are over."""
    each = orders.alias()
    mine = (each.c.brand == instructions.c.brand, each.c.instruction_id == instructions.c.id)
    count = sa.select(sa.func.count()).select_from(each).where(*mine, *_old(each, before))
    return count.correlate(instructions).scalar_subquery()


async def _forget(connection: AsyncConnection, brand: str, ids: Sequence[str]) -> dict[str, str]:
    """Remove orders and their events: on PostgreSQL by the owner's function, as the application's role may not, and which keeps what is too
    young by its own clock. Returns those that are gone, with their instructions."""
    mine = (orders.c.brand == brand, orders.c.id.in_(ids))
    owners = sa.select(orders.c.id, orders.c.instruction_id).where(*mine)
    before = {row.id: row.instruction_id for row in await connection.execute(owners)}
    if connection.dialect.name != "sqlite":
        await connection.execute(sa.select(sa.func.orders_forget(brand, sa.literal(ids, postgresql.ARRAY(sa.Text())))))
    else:
        await connection.execute(orders.delete().where(*mine))
        await connection.execute(order_events.delete().where(order_events.c.brand == brand, order_events.c.order_id.in_(ids)))
    left = {row.id for row in await connection.execute(owners)}
    return {order_id: instruction_id for order_id, instruction_id in before.items() if order_id not in left}
