"""Settlements and returns as they are stored."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.money import Money
from kernel.banking.orders import OrderState
from kernel.storage.database import insert_into
from kernel.storage.sealed import Sealer
from orders.rows.orders import find_order, load_order
from orders.settlement.ports import OwnItem, SettlementAccount
from orders.settlement.returned import Returned
from orders.settlement.settled import OPEN_SETTLEMENTS, Position, Settlement, SettlementState
from orders.settlement.tables import returns, settlement_items, settlement_marks, settlements


async def load_settlements(
    connection: AsyncConnection, brand: str, account: SettlementAccount, *, states: Collection[SettlementState]
) -> tuple[Settlement, ...]:
    """In the order of cycles."""
    rows = settlements.c
    mine = sa.select(settlements).where(*_of(settlements, brand, account), rows.state.in_([state.value for state in states]))
    found = await connection.execute(mine.order_by(rows.cycle, rows.number))
    return tuple(_open(row) for row in found)


async def find_settled(
    connection: AsyncConnection, brand: str, account: SettlementAccount, items: Sequence[OwnItem]
) -> dict[str, str]:
    """Those of the items, which are in the order of their booking, that are settled, with their cycles."""
    if not items:
        return {}
    rows = settlement_items.c
    span = rows.sequence.between(items[0].sequence, items[-1].sequence)
    mine = sa.select(rows.entry_id, rows.cycle).where(*_of(settlement_items, brand, account), span)
    return {row.entry_id: row.cycle for row in await connection.execute(mine)}


async def load_mark(connection: AsyncConnection, brand: str, account: SettlementAccount) -> int:
    """The number of the movement up to which all are settled."""
    mine = sa.select(settlement_marks.c.number).where(*_of(settlement_marks, brand, account))
    return int(await connection.scalar(mine) or 0)


async def raise_mark(connection: AsyncConnection, brand: str, account: SettlementAccount, number: int) -> None:
    """To `number`, unless it is there already."""
    key = {"brand": brand, "rail": account.rail, "currency": account.currency}
    insert = insert_into(connection, settlement_marks).values(**key, number=number)
    lower = settlement_marks.c.number < number
    await connection.execute(insert.on_conflict_do_update(index_elements=[*key], set_={"number": number}, where=lower))


async def load_settled(connection: AsyncConnection, brand: str, account: SettlementAccount) -> tuple[int, Money]:
    """The number of items that are settled, and their sum."""
    total = sa.func.coalesce(sa.func.sum(settlement_items.c.amount_minor), 0)
    mine = sa.select(sa.func.count(), total).where(*_of(settlement_items, brand, account))
    count, minor = (await connection.execute(mine)).one()
    return int(count), Money(account.currency, int(minor))


async def load_booked(
    connection: AsyncConnection, brand: str, account: SettlementAccount, booked: Collection[str]
) -> frozenset[str]:
    """The items of the settlements whose entries are among those booked, or that have none because nothing is left of them."""
    rows, items = settlements.c, settlement_items.c
    joined = settlement_items.join(
        settlements,
        sa.and_(*(rows[name] == items[name] for name in ("brand", "rail", "currency", "cycle", "number"))),
    )
    columns = (items.entry_id, rows.entry_id.label("settled_by"), rows.sum_in_minor, rows.sum_out_minor)
    found = await connection.execute(sa.select(*columns).select_from(joined).where(*_of(settlement_items, brand, account)))
    return frozenset(row.entry_id for row in found if row.settled_by in booked or row.sum_in_minor == row.sum_out_minor)


async def last_number(connection: AsyncConnection, brand: str, account: SettlementAccount, cycle: str) -> int:
    mine = sa.select(sa.func.max(settlements.c.number)).where(*_of(settlements, brand, account), settlements.c.cycle == cycle)
    return int(await connection.scalar(mine) or 0)


async def load_returns(connection: AsyncConnection, brand: str, entry_ids: Collection[str]) -> dict[str, Returned]:
    """By the ids of their entries, of which there are as many as one question to the books reads."""
    if not entry_ids:
        return {}
    mine = sa.select(returns).where(returns.c.brand == brand, returns.c.entry_id.in_(sorted(entry_ids)))
    return {row.entry_id: returned_of(row) for row in await connection.execute(mine)}


async def find_returnable(connection: AsyncConnection, sealer: Sealer, brand: str, rail: str, returned: Returned) -> str | None:
    """The id of the order that the return belongs to, if that was made and no more comes back than was paid; else people decide. What was
    paid is the sealed order's word: columns in clear that differ are SealBroken. Good for a decision only under the lock of the payment's
    returns."""
    order_id = await find_order(connection, brand, returned.uetr)
    tracked = None if order_id is None else await load_order(connection, sealer, brand, order_id)
    if tracked is None or tracked.order.state is not OrderState.SETTLED:
        return None
    paid = tracked.order.transfer.sent
    if paid.currency != returned.amount.currency:
        return None
    same = sa.and_(returns.c.brand == brand, returns.c.rail == rail, returns.c.order_id == order_id)
    before = await connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(returns.c.amount_minor), 0)).where(same))
    return order_id if int(before or 0) + returned.amount.minor <= paid.minor else None


async def has_return(connection: AsyncConnection, brand: str, order_id: str) -> bool:
    mine = sa.select(returns.c.id).where(returns.c.brand == brand, returns.c.order_id == order_id)
    return (await connection.execute(mine.limit(1))).first() is not None


async def find_booked_return(connection: AsyncConnection, brand: str, order_id: str) -> str | None:
    """The entry of the first return of a payment that is booked."""
    booked = (returns.c.order_id == order_id, returns.c.state == SettlementState.BOOKED.value)
    mine = sa.select(returns.c.entry_id).where(returns.c.brand == brand, *booked).order_by(returns.c.received_at, returns.c.id)
    found: str | None = await connection.scalar(mine.limit(1))
    return found


async def load_open_returns(connection: AsyncConnection, brand: str, account: SettlementAccount) -> tuple[Returned, ...]:
    """Those whose entries are not known to be booked, the oldest first."""
    states = [state.value for state in OPEN_SETTLEMENTS]
    mine = sa.select(returns).where(*_of(returns, brand, account), returns.c.state.in_(states))
    return tuple(returned_of(row) for row in await connection.execute(mine.order_by(returns.c.received_at, returns.c.id)))


async def load_return(
    connection: AsyncConnection, brand: str, rail: str, return_id: str
) -> tuple[Returned, str | None, str] | None:
    """With the id of its order, and of its entry."""
    mine = sa.select(returns).where(returns.c.brand == brand, returns.c.rail == rail, returns.c.id == return_id)
    row = (await connection.execute(mine)).one_or_none()
    return None if row is None else (returned_of(row), row.order_id, row.entry_id)


def returned_of(row: sa.Row[Any]) -> Returned:
    return Returned(id=row.id, uetr=row.uetr, amount=Money(row.currency, row.amount_minor), reason=row.reason, cycle=row.cycle)


def _of(table: sa.Table, brand: str, account: SettlementAccount) -> tuple[sa.ColumnElement[bool], ...]:
    return (table.c.brand == brand, table.c.rail == account.rail, table.c.currency == account.currency)


def _open(row: sa.Row[Any]) -> Settlement:
    position = Position(
        count_out=row.count_out,
        sum_out=Money(row.currency, row.sum_out_minor),
        count_in=row.count_in,
        sum_in=Money(row.currency, row.sum_in_minor),
    )
    return Settlement(
        rail=row.rail,
        currency=row.currency,
        cycle=row.cycle,
        number=row.number,
        state=SettlementState(row.state),
        position=position,
        entry_id=row.entry_id,
        computed_at=row.computed_at,
    )
