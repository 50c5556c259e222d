"""Idempotency keys: a request that its sender repeats is carried out once, and each repeat finds what became of the first.

The key is written first in the command's transaction, so a second use waits for the first to commit or to fail, and only a committed
outcome is kept: for 24 hours, with a fingerprint of the body that made it. A repeat with another body is refused.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.errors import IdempotencyConflict
from kernel.storage.database import Instant, insert_into

KEPT = timedelta(hours=24)  # an idempotency key and its outcome are kept, from the first use


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """One use of a key: who sent it with which operation, and the fingerprint of the body."""

    brand: str
    client_id: str
    operation: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of a command: the resource, and its fate in one word. `is_replay`: made by an earlier use of the key."""

    resource_id: str
    outcome: str
    is_replay: bool = False


def fingerprint_of(body: Any) -> bytes:
    """The SHA-256 digest of a decoded JSON body; the order of members and the spacing do not change it."""
    return hashlib.sha256(msgspec.json.encode(body, order="sorted")).digest()


def idempotency_table(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        "idempotency_keys",
        metadata,
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("client_id", sa.String(128), primary_key=True),
        sa.Column("operation", sa.String(64), primary_key=True),
        sa.Column("key_hash", sa.String(64), primary_key=True),  # the key itself may be anything that its sender likes
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("resource_id", sa.String(128), nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Index("idempotency_keys_by_expiry", "brand", "expires_at"),
    )


async def take_key(connection: AsyncConnection, table: sa.Table, use: Idempotency, now: datetime) -> Outcome | None:
    """Take the key until the transaction ends, or load what an earlier use made. `now` is protocol time. Raises IdempotencyConflict.

    The insert locks the row in its way also where it leaves it as it is (SQLite has one writer): no sweeper removes it before the row
    is read, even one whose clock is ahead."""
    fresh = {"fingerprint": use.fingerprint, "resource_id": "", "outcome": "", "expires_at": now + KEPT}
    insert = insert_into(connection, table).values(**_key(use), **fresh)
    taken = await connection.execute(
        insert.on_conflict_do_update(index_elements=[*_key(use)], set_=fresh, where=table.c.expires_at <= now).returning(
            table.c.key_hash
        )
    )
    if taken.first() is not None:
        return None
    row = (await connection.execute(sa.select(table).where(*_is(table, use)))).one()
    if row.fingerprint != use.fingerprint:
        raise IdempotencyConflict(f"another body under a key of {use.operation}")
    return Outcome(resource_id=row.resource_id, outcome=row.outcome, is_replay=True)


async def keep_outcome(connection: AsyncConnection, table: sa.Table, use: Idempotency, made: Outcome) -> Outcome:
    """In the transaction that took the key."""
    kept = {"resource_id": made.resource_id, "outcome": made.outcome}
    await connection.execute(table.update().where(*_is(table, use)).values(**kept))
    return replace(made, is_replay=False)


def _key(use: Idempotency) -> dict[str, str]:
    return {
        "brand": use.brand,
        "client_id": use.client_id,
        "operation": use.operation,
        "key_hash": hashlib.sha256(use.key.encode()).hexdigest(),
    }


def _is(table: sa.Table, use: Idempotency) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in _key(use).items()]
