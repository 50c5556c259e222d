"""The sums of what was ordered under a consent, one for each period of its limits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.orders import OrderState
from orders.tables import orders

FREED = (OrderState.REJECTED.value, OrderState.CANCELLED.value)  # nothing is paid by these


class Span(Protocol):
    """A time, from its start until before its end."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


async def sum_orders(connection: AsyncConnection, brand: str, consent_id: str, spans: Sequence[Span]) -> tuple[int, ...]:
    """In minor units, by when the orders were received. Good for a decision only under the consent's lock."""
    if not spans:
        return ()
    rows = orders.c
    sums = [
        sa.func.coalesce(
            sa.func.sum(
                sa.case((sa.and_(rows.created_at >= span.starts_at, rows.created_at < span.ends_at), rows.amount_minor), else_=0)
            ),
            0,
        )
        for span in spans
    ]
    mine = (rows.brand == brand, rows.consent_id == consent_id, rows.state.not_in(FREED))
    earliest = min(span.starts_at for span in spans)
    found = (await connection.execute(sa.select(*sums).where(*mine, rows.created_at >= earliest))).one()
    return tuple(int(each) for each in found)
