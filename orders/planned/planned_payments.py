"""The planned payments of accounts, as account information lists them: what was placed through payment initiation and is still to be made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.consents import ConsentKind
from kernel.banking.money import Money
from kernel.banking.records.listing import RecordPage
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from kernel.brand import Brand
from orders.instructions.rows import open_instruction
from orders.planned.records import Made, scheduled_payment_of, standing_order_of
from orders.room import Room
from orders.rows.orders import open_order
from orders.rows.planned import Position, load_planned
from orders.tables import instructions, orders

R = TypeVar("R", StandingOrder, ScheduledPayment)
Found = tuple[str, sa.Row[Any]]  # the account that was asked for, and a row of it
_Source = tuple[sa.Table, tuple[sa.ColumnElement[bool], ...]]
_RECURRING = (ConsentKind.STANDING_ORDER.value, ConsentKind.INTERNATIONAL_STANDING_ORDER.value)
_STANDING: _Source = (instructions, (instructions.c.kind.in_(_RECURRING),))
_SINGLE: _Source = (orders, ())

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    brand: Brand
    account_ids: Sequence[str]
    after: Position | None
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPayments:
    """Pages are newest first by (created_at, account_id, id), as those of a bank's own records. One that cannot be opened is left out: it
    hides no other."""

    room: Room

    async def standing_orders(
        self, brand: Brand, account_ids: Sequence[str], after: Position | None, limit: int
    ) -> RecordPage[StandingOrder]:
        async with self.room.database.read() as connection:
            rows, total = await self._rows(connection, _STANDING, _Asked(brand, account_ids, after, limit))
            previous = await _load_previous(connection, brand, [row.id for _, row in rows])

        def open_row(row: sa.Row[Any]) -> StandingOrder:
            return standing_order_of(brand, open_instruction(self.room.sealer, row), previous.get(row.id))

        return _page_of(rows, total, limit, open_row)

    async def scheduled_payments(
        self, brand: Brand, account_ids: Sequence[str], after: Position | None, limit: int
    ) -> RecordPage[ScheduledPayment]:
        async with self.room.database.read() as connection:
            rows, total = await self._rows(connection, _SINGLE, _Asked(brand, account_ids, after, limit))
        return _page_of(rows, total, limit, lambda row: scheduled_payment_of(open_order(self.room.sealer, row).order))

    async def _rows(self, connection: AsyncConnection, source: _Source, asked: _Asked) -> tuple[list[Found], int]:
        """One more than asked for, and the number of all."""
        table, where = source
        found: list[Found] = []
        total = 0
        for account_id in dict.fromkeys(asked.account_ids):
            rows, number = await load_planned(
                connection,
                self.room.sealer,
                table,
                asked.brand.name,
                account_id,
                where=where,
                after=asked.after,
                limit=asked.limit + 1,
            )
            found += [(account_id, row) for row in rows]
            total += number
        found.sort(key=lambda each: (each[1].created_at, each[0], each[1].id), reverse=True)
        return found[: asked.limit + 1], total


def _page_of(rows: list[Found], total: int, limit: int, open_row: Callable[[sa.Row[Any]], R]) -> RecordPage[R]:
    found = []
    for account_id, row in rows[:limit]:
        try:
            record = open_row(row)
        except Exception:
            log.exception("planned_payment_unreadable", id=row.id)
            continue
        if record.account_id == account_id:  # as it was sealed: the index may have been changed
            found.append(record)
    return RecordPage(tuple(found), bool(found) and len(rows) > limit, total)


async def _load_previous(connection: AsyncConnection, brand: Brand, ids: Sequence[str]) -> dict[str, Made]:
    """The last payment of each instruction that has ordered any."""
    last = sa.and_(
        orders.c.brand == instructions.c.brand,
        orders.c.instruction_id == instructions.c.id,
        orders.c.execution == instructions.c.made,
    )
    columns = (orders.c.instruction_id, orders.c.execute_at, orders.c.created_at, orders.c.amount_minor, orders.c.currency)
    theirs = sa.select(*columns).join(instructions, last).where(instructions.c.brand == brand.name, instructions.c.id.in_(ids))
    rows = await connection.execute(theirs)
    return {row.instruction_id: (row.execute_at or row.created_at, Money(row.currency, row.amount_minor)) for row in rows}
