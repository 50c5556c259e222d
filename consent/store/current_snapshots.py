"""Current snapshots of token families and consents, cached by worker and never trusted without their version.

A cached snapshot is used only together with a question to the hot state whether its version is still the current one; when it is
not, the snapshot is loaded again. `load_version` is what the database answers when the hot state does not know.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.rows.families import load_active_families, load_family
from consent.store.rows.snapshots import load_consent
from consent.store.tables.consents import consents
from consent.store.tables.oauth import clients, denied_tokens, key_sets, token_families
from kernel.access import TokenFamily
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.hot_state.snapshots import SnapshotCache
from kernel.hot_state.subjects import TOKEN_CURRENT, TOKEN_REVOKED, consent_subject, family_subject
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer


class Versioned(Protocol):
    @property
    def version(self) -> int: ...


T = TypeVar("T", bound=Versioned)
Key = tuple[str, str]  # brand and id

FAMILIES_CACHED_MAX = 20_000  # token families kept by each worker
CONSENTS_CACHED_MAX = 20_000  # consents kept by each worker

_VERSIONED = {
    "client": (clients.c.version, clients.c.brand, clients.c.id),
    "family": (token_families.c.version, token_families.c.brand, token_families.c.id),
    "consent": (consents.c.version, consents.c.brand, consents.c.id),
}


class ConsentSnapshots:
    """Snapshots by id, None for an id that does not exist. `fresh` asks the database."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        async def consent(connection: AsyncConnection, brand: str, consent_id: str) -> Consent | None:
            return await load_consent(connection, sealer, brand, consent_id)

        self._database = database
        self._families = open_cache(database, load_family, FAMILIES_CACHED_MAX)
        self._consents = open_cache(database, consent, CONSENTS_CACHED_MAX)

    async def family(self, brand: Brand, family_id: str, *, fresh: bool = False) -> TokenFamily | None:
        return await look_up(self._families, brand, family_id, fresh=fresh)

    async def consent(self, brand: Brand, consent_id: str, *, fresh: bool = False) -> Consent | None:
        return await look_up(self._consents, brand, consent_id, fresh=fresh)

    async def load_version(self, subject: str) -> int | None:
        """The current version of a subject (kernel/hot_state/subjects.py) by the database; None for what does not exist."""
        brand, kind, *rest = subject.split("/", 2)
        async with self._database.read() as connection:
            if kind == "keys":
                return (await connection.execute(sa.select(key_sets.c.version).where(key_sets.c.brand == brand))).scalar()
            if kind == "token":
                denied = sa.select(denied_tokens.c.jti).where(denied_tokens.c.brand == brand, denied_tokens.c.jti == rest[0])
                return TOKEN_CURRENT if (await connection.execute(denied)).scalar() is None else TOKEN_REVOKED
            version, of_brand, of_id = _VERSIONED[kind]
            return (await connection.execute(sa.select(version).where(of_brand == brand, of_id == rest[0]))).scalar()


def open_cache(
    database: Database, load: Callable[[AsyncConnection, str, str], Awaitable[T | None]], size: int
) -> SnapshotCache[Key, T]:
    """A worker's memory of what `load` finds by brand and id."""

    async def load_by_key(key: Key) -> T | None:
        async with database.read() as connection:
            return await load(connection, *key)

    return SnapshotCache(load_by_key, lambda snapshot: snapshot.version, size)


async def look_up(cache: SnapshotCache[Key, T], brand: Brand, aggregate_id: str, *, fresh: bool) -> T | None:
    """The cached snapshot; with `fresh`, the one that the database has now."""
    key = (brand.name, aggregate_id)
    return await (cache.reload(key) if fresh else cache.get(key))


async def load_subjects(database: Database, brand: str, consent_id: str) -> tuple[str, ...]:
    """The consent and its living token families: what ends together, to be named before the change that ends it. A family born in
    between is ended all the same, and costs a new epoch (kernel/hot_state/versions.py)."""
    async with database.read() as connection:
        families = await load_active_families(connection, brand, consent_id)
    return (consent_subject(brand, consent_id), *(family_subject(brand, family_id) for family_id in families))
