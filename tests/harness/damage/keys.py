"""Rows of signing keys, written by one who has the database and not the sealing key."""

from collections.abc import Collection
from typing import Any

from consent.store.tables.oauth import key_sets, signing_keys
from kernel.storage.database import Database
from tests.harness.books.reader import Row
from tests.harness.damage.rows import run


async def plant_key(database: Database, row: Row, **columns: Any) -> None:
    """A copy of a row with other columns."""
    await run(database, signing_keys.insert().values({**row._mapping, **columns}))


async def change_key(database: Database, kid: str, **columns: Any) -> None:
    await run(database, signing_keys.update().where(signing_keys.c.kid == kid).values(**columns))


async def remove_keys(database: Database, purposes: Collection[str]) -> None:
    await run(database, signing_keys.delete().where(signing_keys.c.purpose.in_(purposes)))


async def raise_key_version(database: Database, version: int) -> None:
    """So that every worker loads its keys again."""
    await run(database, key_sets.update().values(version=version))
