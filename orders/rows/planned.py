"""The index of planned payments by the account that pays: of each that is still to be made one row. Accounts are found by a keyed digest of
the bank's own id."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.orders import OrderState
from kernel.banking.planned.instructions import InstructionState, Placed
from kernel.storage.database import insert_into
from kernel.storage.sealed import Sealer
from orders.tables import planned_payments

PLANNED = frozenset({OrderState.SCHEDULED.value, InstructionState.ACTIVE.value})  # its payer has agreed, and its day is ahead
Position = tuple[datetime, str, str]  # of a row in a listing, newest first: when it was made, its account, its id


async def index_planned(connection: AsyncConnection, sealer: Sealer, before: Placed | None, after: Placed) -> None:
    """Make the index say whether it is still to be made. `before`: the version that was; None: there was none."""
    if after.state.value in PLANNED:
        row = {"brand": after.brand, "account_blind": _blind(sealer, after.brand, after.payer.upstream_id), "id": after.id}
        await connection.execute(insert_into(connection, planned_payments).values(**row).on_conflict_do_nothing())
    elif before is not None and before.state.value in PLANNED:
        mine = (planned_payments.c.brand == after.brand, planned_payments.c.id == after.id)
        await connection.execute(planned_payments.delete().where(*mine))


async def load_planned(
    connection: AsyncConnection,
    sealer: Sealer,
    table: sa.Table,
    brand: str,
    account_id: str,
    *,
    where: tuple[sa.ColumnElement[bool], ...],
    after: Position | None,
    limit: int,
) -> tuple[tuple[sa.Row[Any], ...], int]:
    """The rows of `table` (orders or instructions) that come after a position, newest first, and the number of all that there are."""
    same = sa.and_(table.c.brand == planned_payments.c.brand, table.c.id == planned_payments.c.id)
    mine = (
        planned_payments.c.brand == brand,
        planned_payments.c.account_blind == _blind(sealer, brand, account_id),
        table.c.state.in_(PLANNED),
        *where,
    )
    found = sa.select(table).join(planned_payments, same).where(*mine, *_older(table, account_id, after))
    rows = await connection.execute(found.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit))
    total = sa.select(sa.func.count()).select_from(table.join(planned_payments, same)).where(*mine)
    return tuple(rows), await connection.scalar(total) or 0


def _older(table: sa.Table, account_id: str, after: Position | None) -> tuple[sa.ColumnElement[bool], ...]:
    if after is None:
        return ()
    at, at_account, at_id = after
    if account_id == at_account:
        place = sa.tuple_(sa.literal(at, table.c.created_at.type), sa.literal(at_id))
        return (sa.tuple_(table.c.created_at, table.c.id) < place,)
    return (table.c.created_at <= at if account_id < at_account else table.c.created_at < at,)


def _blind(sealer: Sealer, brand: str, account_id: str) -> str:
    return sealer.blind(account_id, "planned_payments", "account_blind", brand)
