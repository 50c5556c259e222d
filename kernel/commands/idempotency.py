"""Idempotency keys: a request that its sender repeats is carried out once, and each repeat finds what became of the first.

The key is written first in the command's transaction, so a second use waits for the first to commit or to fail, and only a committed
outcome is kept: for 24 hours, with a fingerprint of the request that made it. A repeat with another body, or for another resource, is refused.
A key is its client's at one endpoint: the same key at another one is another key.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel import json
from kernel.errors import IdempotencyConflict
from kernel.storage.database import Instant, insert_into

KEPT = timedelta(hours=24)  # an idempotency key and its outcome are kept, from the first use
ENDPOINT_CHARACTERS_MAX = 200  # of the name under which an endpoint's keys are kept
FORMAT = b"2"  # before a fingerprint of today's kind; one of the kind before is a bare digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """One use of a key: who sent it to which endpoint, and the fingerprint of the request. `former`: the fingerprint that releases before
    this one kept of it, for the keys of the day before an upgrade."""

    brand: str
    client_id: str
    endpoint: str
    key: str
    fingerprint: bytes
    former: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of a command: the resource, and its fate in one word. `is_replay`: made by an earlier use of the key. `made` is what the
    first use hands over as it wrote it, which saves its caller reading it; it is not kept."""

    resource_id: str
    outcome: str
    is_replay: bool = False
    made: Any = None


def fingerprint_of(body_sha256: bytes, path: Mapping[str, str]) -> bytes:
    """Of a body, by its digest, and of the parameters of its path, as they are written."""
    return FORMAT + hashlib.sha256(json.encode(sorted(path.items())) + body_sha256).digest()


def digest_of_json(body: bytes) -> bytes:
    """The SHA-256 digest of what a JSON body says; the order of members and the spacing do not change it."""
    return hashlib.sha256(msgspec.json.encode(msgspec.json.decode(body), order="sorted")).digest()


def idempotency_table(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        "idempotency_keys",
        metadata,
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("client_id", sa.String(128), primary_key=True),
        sa.Column("endpoint", sa.String(ENDPOINT_CHARACTERS_MAX), primary_key=True),
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
    return _made((await connection.execute(sa.select(table).where(*_is(table, use)))).one(), use)


async def find_outcome(connection: AsyncConnection, table: sa.Table, use: Idempotency, now: datetime) -> Outcome | None:
    """The outcome of an earlier use of the key, read without waiting for one that is under way. Raises IdempotencyConflict."""
    query = sa.select(table).where(*_is(table, use), table.c.expires_at > now)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _made(row, use)


async def keep_outcome(connection: AsyncConnection, table: sa.Table, use: Idempotency, made: Outcome) -> Outcome:
    """In the transaction that took the key."""
    kept = {"resource_id": made.resource_id, "outcome": made.outcome}
    await connection.execute(table.update().where(*_is(table, use)).values(**kept))
    return replace(made, is_replay=False)


def _made(row: sa.Row[Any], use: Idempotency) -> Outcome:
    if row.fingerprint not in (use.fingerprint, use.former):
        raise IdempotencyConflict(f"another request under a key of {use.endpoint}")
    return Outcome(resource_id=row.resource_id, outcome=row.outcome, is_replay=True)


def _key(use: Idempotency) -> dict[str, str]:
    return {
        "brand": use.brand,
        "client_id": use.client_id,
        "endpoint": use.endpoint,
        "key_hash": hashlib.sha256(use.key.encode()).hexdigest(),
    }


def _is(table: sa.Table, use: Idempotency) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in _key(use).items()]
