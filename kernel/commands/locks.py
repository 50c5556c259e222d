"""The locks of a transaction and the one order in which every transaction takes them.

A lock is on a row, taken by the statement that reads it, or on a name for which a row of the context's `locks` table stands. Locks of
one rank are taken in the order of their kinds' names and then of their keys. Two transactions that keep the order never wait for each
other in a circle. SQLite has one writer at a time: there a row is only read, and a name needs no row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.storage.database import Instant, insert_into

NAME_CHARACTERS_MAX = 200  # of a lock that is a name and no row
NAME_KEPT = timedelta(days=1)  # the row of a lock by name is kept after its last use; the next use writes it again


class Rank(IntEnum):
    """The order of the house: a transaction takes a lock of a later rank after those of earlier ones."""

    LEASE = 1
    IDEMPOTENCY_KEY = 2
    ANSWER = 3  # what makes an answer this one's to give: a prior answer, a journey, a pushed or backchannel request
    PSU = 4
    PEER = 5
    CONSENT = 6
    AUTHORISATION = 7
    REFERENCE = 8  # an account as one organisation knows it
    ORDER = 9
    FAMILY = 10
    ACCOUNT = 11
    REGISTRY = 12  # clients and key sets
    NAME = 13  # what has no row of its own


class LockOrderBroken(Exception):
    """A command took a lock after one that comes later in the order: a fault of its code, not of its caller."""


@dataclass(frozen=True, slots=True)
class LockKind:
    """One kind of lock. `select` reads the row of (brand, key) for update; a kind without it locks a name."""

    name: str
    rank: Rank
    select: Callable[[str, str], sa.Select[Any]] | None = None

    def of(self, brand: str, key: str) -> "Lock":
        return Lock(self, brand, key)

    def shared(self, brand: str, key: str) -> "Lock":
        """Held with other shared holders, and never while one holds it alone. Names only."""
        return Lock(self, brand, key, is_shared=True)


@dataclass(frozen=True, slots=True)
class Lock:
    kind: LockKind
    brand: str
    key: str
    is_shared: bool = False

    @property
    def place(self) -> tuple[int, str, str, str]:
        """Its place in the order."""
        return (self.kind.rank, self.kind.name, self.brand, self.key)


def locks_table(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        "locks",
        metadata,
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(NAME_CHARACTERS_MAX), primary_key=True),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Index("locks_by_expiry", "brand", "expires_at"),
    )


async def hold_name(connection: AsyncConnection, table: sa.Table, lock: Lock, now: datetime) -> None:
    """Hold the name until the transaction ends. `now` is protocol time."""
    if connection.dialect.name == "sqlite":
        return
    insert = insert_into(connection, table).values(brand=lock.brand, name=_name_of(lock), expires_at=now + NAME_KEPT)
    if not lock.is_shared:
        until = {"expires_at": insert.excluded.expires_at}
        await connection.execute(insert.on_conflict_do_update(index_elements=["brand", "name"], set_=until))
        return
    held = sa.select(table.c.name).where(table.c.brand == lock.brand, table.c.name == _name_of(lock)).with_for_update(read=True)
    while (await connection.execute(held)).first() is None:  # never used, or just removed
        await connection.execute(insert.on_conflict_do_nothing(index_elements=["brand", "name"]))


def _name_of(lock: Lock) -> str:
    return f"{lock.kind.name}/{lock.key}"
