"""The rows of notices: those that a client has not got, the oldest first, and the end of each."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.notices import Notice, NoticeKind, SubjectKind
from notices.tables import ERROR_CHARACTERS_MAX, notices

PENDING_KEPT = timedelta(days=30)  # of a notice that its client does not take
ENDED_KEPT = timedelta(days=7)  # of a notice that ended: until then it can be sent again


class Ending(StrEnum):
    """The ends of a notice."""

    ACKNOWLEDGED = "acknowledged"  # by a poll
    DELIVERED = "delivered"  # to the client's address
    REFUSED = "refused"  # its client could not take it
    CROWDED_OUT = "crowded_out"  # by newer ones, at the bound of what is kept for one client
    UNSUBSCRIBED = "unsubscribed"
    UNRENDERED = "unrendered"  # this server could not put it into the words of its standard


def pending_of(brand: str, client_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (notices.c.brand == brand, notices.c.client_id == client_id, notices.c.ended_at.is_(None))


async def load_pending(connection: AsyncConnection, brand: str, client_id: str, *, at_most: int) -> tuple[Notice, ...]:
    query = sa.select(notices).where(*pending_of(brand, client_id))
    rows = await connection.execute(query.order_by(notices.c.made_at, notices.c.subject_version, notices.c.id).limit(at_most))
    return tuple(map(read, rows))


async def has_pending(connection: AsyncConnection, brand: str, client_id: str) -> bool:
    found = await connection.execute(sa.select(notices.c.id).where(*pending_of(brand, client_id)).limit(1))
    return found.first() is not None


async def find_pending(connection: AsyncConnection, brand: str, client_id: str, ids: Collection[str]) -> frozenset[str]:
    """Those of the ids that are of pending notices of the client."""
    query = sa.select(notices.c.id).where(*pending_of(brand, client_id), notices.c.id.in_(ids))
    return frozenset(await connection.scalars(query))


async def load_next(connection: AsyncConnection, brand: str, client_id: str, *, at_most: int) -> tuple[Notice, ...]:
    """The next notice of each resource: it holds up the later ones of its resource, and no others."""
    earlier = notices.alias("earlier")
    held_up = sa.exists().where(
        earlier.c.brand == notices.c.brand,
        earlier.c.client_id == notices.c.client_id,
        earlier.c.ended_at.is_(None),
        earlier.c.subject_id == notices.c.subject_id,
        earlier.c.subject_version < notices.c.subject_version,
    )
    query = sa.select(notices).where(*pending_of(brand, client_id), ~held_up)
    rows = await connection.execute(query.order_by(notices.c.made_at, notices.c.id).limit(at_most))
    return tuple(map(read, rows))


async def end(
    connection: AsyncConnection,
    brand: str,
    client_id: str,
    ids: Collection[str],
    *,
    ending: Ending,
    now: datetime,
    error: str = "",
) -> int:
    """End those of the client's pending notices that have these ids; how many there were. The client's subscription is locked."""
    if not ids:
        return 0
    values = {
        "ended_at": now,
        "ended_as": ending,
        "error": error[:ERROR_CHARACTERS_MAX],
        "expires_at": now + ENDED_KEPT,
    }
    mine = (*pending_of(brand, client_id), notices.c.id.in_(ids))
    return (await connection.execute(notices.update().where(*mine).values(**values))).rowcount


def read(row: sa.Row[Any]) -> Notice:
    return Notice(
        id=row.id,
        client_id=row.client_id,
        kind=NoticeKind(row.kind),
        subject=SubjectKind(row.subject),
        subject_id=row.subject_id,
        subject_version=row.subject_version,
        product=row.product,
        occurred_at=row.occurred_at,
        made_at=row.made_at,
        reason=row.reason,
        lodged_as=row.lodged_as,
    )
