"""Submissions of an order: each is written down, with the digest of what is sent, before it is sent."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel import json
from kernel.banking.orders import PaymentOrder
from orders.tables import order_attempts
from orders.tracked import Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """An attempt as it is kept: `outcome` is its end in one word, None while it has none. Times are protocol time."""

    number: int
    began_at: datetime
    arrives_until: datetime
    ended_at: datetime | None
    outcome: str | None


async def insert_attempt(connection: AsyncConnection, order: PaymentOrder, attempt: Attempt) -> None:
    await connection.execute(
        order_attempts.insert().values(
            brand=order.brand,
            order_id=order.id,
            number=attempt.number,
            uetr=order.uetr,
            digest=hashlib.sha256(json.encode(order.transfer)).hexdigest(),
            began_at=attempt.began_at,
            arrives_until=attempt.arrives_until,
        )
    )


async def end_attempt(connection: AsyncConnection, order: PaymentOrder, number: int, outcome: str, at: datetime) -> None:
    """Once: what ended before stays as it was written."""
    rows = order_attempts.c
    mine = (rows.brand == order.brand, rows.order_id == order.id, rows.number == number, rows.ended_at.is_(None))
    await connection.execute(order_attempts.update().where(*mine).values(ended_at=at, outcome=outcome))


async def load_attempt(connection: AsyncConnection, order: PaymentOrder, number: int) -> Attempt | None:
    rows = order_attempts.c
    mine = (rows.brand == order.brand, rows.order_id == order.id, rows.number == number)
    row = (await connection.execute(sa.select(order_attempts).where(*mine))).one_or_none()
    return None if row is None else Attempt(number=row.number, began_at=row.began_at, arrives_until=row.arrives_until)


async def load_submissions(connection: AsyncConnection, brand: str, order_id: str) -> tuple[Submission, ...]:
    """All attempts, oldest first."""
    columns = [order_attempts.c[name] for name in ("number", "began_at", "arrives_until", "ended_at", "outcome")]
    mine = (order_attempts.c.brand == brand, order_attempts.c.order_id == order_id)
    rows = await connection.execute(sa.select(*columns).where(*mine).order_by(order_attempts.c.number))
    return tuple(Submission(**row) for row in rows.mappings())
