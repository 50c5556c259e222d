"""The locks of payment orders, and the order in which tables of one rank are locked."""

from typing import Any

import sqlalchemy as sa

from kernel.commands.locks import LockKind, Rank
from orders.tables import inbox, instructions, order_attempts, orders


def _order(brand: str, order_id: str) -> sa.Select[Any]:
    return sa.select(orders).where(orders.c.brand == brand, orders.c.id == order_id).with_for_update()


def _instruction(brand: str, instruction_id: str) -> sa.Select[Any]:
    mine = (instructions.c.brand == brand, instructions.c.id == instruction_id, instructions.c.state.is_not(None))
    return sa.select(instructions).where(*mine).with_for_update()


ORDER = LockKind("order", Rank.ORDER, _order)
INSTRUCTION = LockKind("instruction", Rank.ORDER, _instruction)  # of several executions

TABLES: tuple[tuple[sa.Table, Rank], ...] = (
    (inbox, Rank.IDEMPOTENCY_KEY),
    (orders, Rank.ORDER),
    (order_attempts, Rank.ORDER),
    (instructions, Rank.ORDER),
)
