"""The brand's signing keys in memory: unwrapped and imported once, used many times, replaced whole when the key set's version moves.

A key for later use is unwrapped when it is published, so that a rotation does not depend on the key store.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from consent.authorization.keys.key_certificate import certify
from consent.store.tables.oauth import key_sets, signing_keys
from kernel import json
from kernel.hot_state.snapshots import SnapshotCache
from kernel.jose.jwt import Algorithm, JwtKey, generate_key, import_key, private_jwk, public_jwk, restore_key
from kernel.storage.database import Database
from kernel.storage.key_store import KeyStore
from kernel.storage.sealed import SealBroken

BRANDS_MAX = 1_000  # brands whose keys one worker keeps in memory


class KeyPurpose(StrEnum):
    """The purpose of a signing key. A key of one purpose never verifies a token of another."""

    ACCESS_TOKEN = "access_token"
    ID_TOKEN = "id_token"
    AUTHORIZATION_RESPONSE = "authorization_response"  # JARM
    INTROSPECTION = "introspection"  # RFC 9701
    USERINFO = "userinfo"
    RESOURCE_RESPONSE = "resource_response"


class KeyState(StrEnum):
    """The order in which a key goes through them; an emergency goes to the last one at once."""

    PUBLISHED = "published"  # shown and trusted, not used yet
    ACTIVE = "active"
    RETIRING = "retiring"  # shown and trusted, no longer used: its private half is gone
    RETIRED = "retired"  # a record that it was ours; nothing of the key is left


PURPOSES: tuple[tuple[KeyPurpose, Algorithm], ...] = (
    (KeyPurpose.ACCESS_TOKEN, "ES256"),
    (KeyPurpose.ID_TOKEN, "PS256"),
    (KeyPurpose.ID_TOKEN, "ES256"),
    (KeyPurpose.AUTHORIZATION_RESPONSE, "PS256"),
    (KeyPurpose.AUTHORIZATION_RESPONSE, "ES256"),
    (KeyPurpose.INTROSPECTION, "PS256"),
    (KeyPurpose.INTROSPECTION, "ES256"),
    (KeyPurpose.USERINFO, "PS256"),
    (KeyPurpose.USERINFO, "ES256"),
    (KeyPurpose.RESOURCE_RESPONSE, "PS256"),
)
CERTIFIED = frozenset({KeyPurpose.RESOURCE_RESPONSE})  # purposes whose keys are published with a certificate
PURPOSE_MEMBER = "purpose"  # of a wrapped JWK
CERTIFICATE_MEMBER = "certificate"  # of a wrapped JWK: its `x5c`
USED_LATER_OR_NOW = (KeyState.PUBLISHED, KeyState.ACTIVE)

_Place = tuple[str, str, KeyPurpose]  # brand, kid and purpose


def algorithms_of(purpose: KeyPurpose) -> tuple[Algorithm, ...]:
    """The algorithms that clients may request, the preferred one first."""
    return tuple(alg for each, alg in PURPOSES if each is purpose)


ID_TOKEN_ALGORITHMS = algorithms_of(KeyPurpose.ID_TOKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """One key of a brand, in one version of its key set. Times are protocol time."""

    kid: str
    purpose: KeyPurpose
    alg: str
    state: KeyState
    activates_at: datetime
    retires_at: datetime | None
    public: JwtKey | None  # None when it is retired
    private: JwtKey | None  # while it is used, or will be
    certificate: str | None = None  # its `x5c`


@dataclass(frozen=True, slots=True)
class KeySet:
    """One version of a brand's keys."""

    version: int
    keys: tuple[SigningKey, ...]
    signing: Mapping[tuple[KeyPurpose, str], JwtKey]
    verifying: Mapping[KeyPurpose, Mapping[str, JwtKey]]
    document: dict[str, list[dict[str, Any]]]  # the JWK Set, public


class KeysMissing(Exception):
    """A brand was served before its keys were loaded. Never the caller's fault."""


class KeyRing:
    """The key sets of all brands that this worker serves."""

    def __init__(self, database: Database, store: KeyStore, generate: Callable[[Algorithm], JwtKey] = generate_key) -> None:
        self._database = database
        self._store = store
        self._generate = generate
        self._sets: SnapshotCache[str, KeySet] = SnapshotCache(self._load, lambda keys: keys.version, BRANDS_MAX)
        self._certificates: dict[_Place, str] = {}
        self._imported: dict[_Place, JwtKey] = {}  # private where it is known: a kid never changes its key, nor that its purpose

    async def load(self, brand: str) -> KeySet:
        """Take the brand's current key set from the database. Raises KeysMissing if it has none, SealBroken or KeyStoreFailed if it
        cannot be unwrapped, or a key is used for another purpose than its own."""
        keys = await self._sets.reload(brand)
        if keys is None:
            raise KeysMissing(brand)
        return keys

    async def make(self, brand: str, purpose: KeyPurpose, alg: Algorithm, now: datetime) -> tuple[JwtKey, bytes]:
        """A new private key, and as it is stored. Keys are made in threads, several at once if several are asked for."""
        key = await asyncio.to_thread(self._generate, alg)
        certificate = certify(key, brand, now) if purpose in CERTIFIED else None
        wrapped = await self._wrap(brand, key.kid, purpose, private_jwk(key), certificate)
        if certificate is not None:
            self._certificates[brand, key.kid, purpose] = certificate
        self._imported[brand, key.kid, purpose] = key
        return key, wrapped

    async def wrap_public(self, brand: str, key: SigningKey) -> bytes:
        """The stored form of a key that no longer signs. It is wrapped too, so that write access to the database is not enough to add a
        trusted key."""
        assert key.public is not None
        return await self._wrap(brand, key.kid, key.purpose, public_jwk(key.public), key.certificate)

    def version(self, brand: str) -> int:
        return self._set(brand).version

    def signing_key(self, brand: str, purpose: KeyPurpose, alg: str) -> JwtKey:
        return self._set(brand).signing[purpose, alg]

    def verification_keys(self, brand: str, purpose: KeyPurpose) -> Mapping[str, JwtKey]:
        return self._set(brand).verifying[purpose]

    def used_since(self, brand: str) -> datetime:
        """When the key that has been used for the longest time was used first."""
        return min(key.activates_at for key in self._set(brand).keys if key.state is KeyState.ACTIVE)

    def document(self, brand: str) -> dict[str, list[dict[str, Any]]]:
        """The brand's public JWK Set."""
        return self._set(brand).document

    def _set(self, brand: str) -> KeySet:
        keys = self._sets.cached(brand)
        if keys is None:
            raise KeysMissing(brand)
        return keys

    async def _load(self, brand: str) -> KeySet | None:
        async with self._database.read() as connection:
            version = (await connection.execute(sa.select(key_sets.c.version).where(key_sets.c.brand == brand))).scalar()
            query = sa.select(signing_keys).where(
                signing_keys.c.brand == brand,
                signing_keys.c.purpose.in_([purpose.value for purpose in KeyPurpose]),  # a later version may know more
            )
            rows = (await connection.execute(query.order_by(signing_keys.c.created_at, signing_keys.c.kid))).all()
        if version is None:
            return None
        keys = await asyncio.gather(*(self._open(row) for row in rows))
        known = {(brand, key.kid, key.purpose): imported for key in keys if (imported := key.private or key.public) is not None}
        others = {place: key for place, key in self._imported.items() if place[0] != brand}
        self._imported = {**others, **known}
        return _key_set(version, keys)

    async def _open(self, row: sa.Row[Any]) -> SigningKey:
        state = KeyState(row.state)
        key = None
        if state is not KeyState.RETIRED:
            key = self._imported.get((row.brand, row.kid, KeyPurpose(row.purpose))) or await self._import(row)
        return SigningKey(
            kid=row.kid,
            purpose=KeyPurpose(row.purpose),
            alg=row.alg,
            state=state,
            activates_at=row.activates_at,
            retires_at=row.retires_at,
            public=None if key is None else import_key(public_jwk(key), kid=row.kid, alg=row.alg),
            private=key if state in USED_LATER_OR_NOW else None,
            certificate=self._certificates.get((row.brand, row.kid, KeyPurpose(row.purpose))),
        )

    async def _import(self, row: sa.Row[Any]) -> JwtKey:
        wrapped = await self._store.unwrap(row.private_jwk, *key_place(row.brand, row.kid))
        jwk = msgspec.json.decode(wrapped, type=dict[str, str])
        if jwk.get(PURPOSE_MEMBER, row.purpose) != row.purpose:
            raise SealBroken(f"key {row.kid} was made for another purpose than {row.purpose}")
        if CERTIFICATE_MEMBER in jwk:
            self._certificates[row.brand, row.kid, KeyPurpose(row.purpose)] = jwk[CERTIFICATE_MEMBER]
        return restore_key(jwk, kid=row.kid, alg=row.alg)

    async def _wrap(self, brand: str, kid: str, purpose: KeyPurpose, jwk: dict[str, str], certificate: str | None) -> bytes:
        members = {**jwk, PURPOSE_MEMBER: purpose.value} | ({} if certificate is None else {CERTIFICATE_MEMBER: certificate})
        return await self._store.wrap(json.encode(members), *key_place(brand, kid))


def key_place(brand: str, kid: str) -> tuple[str, str, str, str]:
    """Where a wrapped key belongs. Its purpose lies within, next to the key: so keys wrapped before that are still read, each until it
    is succeeded, and an older version reads those of a newer one."""
    return ("signing_keys", "private_jwk", brand, kid)


def _certified(key: SigningKey) -> dict[str, Any]:
    return {} if key.certificate is None else {"x5c": [key.certificate]}


def _key_set(version: int, keys: Sequence[SigningKey]) -> KeySet:
    verifying: dict[KeyPurpose, dict[str, JwtKey]] = {purpose: {} for purpose in KeyPurpose}
    trusted = [(key, key.public) for key in keys if key.public is not None]
    for key, public in trusted:
        verifying[key.purpose][key.kid] = public
    return KeySet(
        version=version,
        keys=tuple(keys),
        signing={(key.purpose, key.alg): key.private for key in keys if key.state is KeyState.ACTIVE and key.private is not None},
        verifying=verifying,
        document={"keys": [public_jwk(public) | _certified(key) for key, public in trusted]},
    )
