"""The locks of payment orders, and the order in which tables of one rank are locked."""

from typing import Any

import sqlalchemy as sa

from kernel.commands.locks import LockKind, Rank
from orders.tables import inbox, order_attempts, orders


def _order(brand: str, order_id: str) -> sa.Select[Any]:
    return sa.select(orders).where(orders.c.brand == brand, orders.c.id == order_id).with_for_update()


ORDER = LockKind("order", Rank.ORDER, _order)

TABLES: tuple[tuple[sa.Table, Rank], ...] = (
    (inbox, Rank.IDEMPOTENCY_KEY),
    (orders, Rank.ORDER),
    (order_attempts, Rank.ORDER),
)
