"""The brand's booking numbers and instants of records, from the one row that a batch of bookings locks until it commits.

Numbers become visible in their own order: a reader who sees a number sees all before it. No payment's request takes one: a hold needs
none, and postings take theirs in a batch (postings/poster.py). The row is locked before any account.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.storage.database import insert_into
from plugins.ledger import tables


async def take_sequences(connection: AsyncConnection, brand: str, count: int) -> int:
    """The first of `count` numbers in a row, locked for this transaction alone; a negative count gives the last ones back."""
    rows = tables.sequences.c
    statement = tables.sequences.update().where(rows.brand == brand).values(last=rows.last + count).returning(rows.last)
    last = await connection.scalar(statement)
    if last is None:
        await _open(connection, brand)
        last = await connection.scalar(statement)
    return int(last) - count + 1


async def take_instant(connection: AsyncConnection, brand: str, now: datetime) -> datetime:
    """`now`, or a little later: later than every instant taken before, and locked as a sequence number is."""
    rows = tables.sequences.c
    newest = sa.case(
        (rows.recorded_at >= now, sa.type_coerce(rows.recorded_at, sa.BigInteger) + 1),
        else_=sa.literal(now, rows.recorded_at.type),
    )
    statement = (
        tables.sequences.update()
        .where(rows.brand == brand)
        .values(recorded_at=sa.type_coerce(newest, rows.recorded_at.type))
        .returning(rows.recorded_at)
    )
    at: datetime | None = await connection.scalar(statement)
    if at is None:
        await _open(connection, brand)
        at = (await connection.execute(statement)).scalar_one()
    return at


async def _open(connection: AsyncConnection, brand: str) -> None:
    insert = insert_into(connection, tables.sequences).values(brand=brand, last=0)
    await connection.execute(insert.on_conflict_do_nothing())
