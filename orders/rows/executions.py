"""The executions of an instruction: rows of orders, by their numbers."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.orders import OrderState, PaymentOrder
from kernel.storage.sealed import Sealer
from orders.rows.orders import open_order
from orders.tables import orders


async def load_executions(
    connection: AsyncConnection, sealer: Sealer, brand: str, instruction_id: str, *, at_most: int
) -> tuple[PaymentOrder, ...]:
    """The last executions of an instruction, the first of them first, without their document."""
    theirs = sa.select(orders).where(orders.c.brand == brand, orders.c.instruction_id == instruction_id)
    rows = await connection.execute(theirs.order_by(orders.c.execution.desc()).limit(at_most))
    return tuple(open_order(sealer, row).order for row in reversed(rows.all()))


async def load_executions_from(
    connection: AsyncConnection, sealer: Sealer, brand: str, instruction_id: str, *, number: int, at_most: int
) -> tuple[PaymentOrder, ...]:
    """Those of an instruction from a number on, the first first, without their document."""
    theirs = (orders.c.brand == brand, orders.c.instruction_id == instruction_id, orders.c.execution >= number)
    rows = await connection.execute(sa.select(orders).where(*theirs).order_by(orders.c.execution).limit(at_most))
    return tuple(open_order(sealer, row).order for row in rows)


async def count_executions(
    connection: AsyncConnection, brand: str, instruction_id: str, states: Collection[OrderState], *, after: int = 0
) -> int:
    """Those in one of the states, of the numbers after one."""
    theirs = (orders.c.brand == brand, orders.c.instruction_id == instruction_id, orders.c.execution > after)
    counted = sa.select(sa.func.count()).where(*theirs, orders.c.state.in_([state.value for state in states]))
    return int((await connection.execute(counted)).scalar_one())


async def has_execution(connection: AsyncConnection, brand: str, instruction_id: str, number: int) -> bool:
    mine = (orders.c.brand == brand, orders.c.instruction_id == instruction_id, orders.c.execution == number)
    return (await connection.execute(sa.select(orders.c.id).where(*mine))).first() is not None
