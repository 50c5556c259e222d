"""The brand's signing keys in memory: imported once, used many times, replaced whole when the key set's version moves.

Importing a private RSA key takes 33 ms, a hundred times its signature; so keys are imported here and nowhere else.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from consent.tables_oauth import key_sets, signing_keys
from kernel.database import Database
from kernel.jose import PRIVATE_MEMBERS, Algorithm, JwtKey, import_key, public_jwk
from kernel.sealed import Sealer


class KeyPurpose(StrEnum):
    """What a key signs. A key of one purpose never verifies a token of another."""

    ACCESS_TOKEN = "access_token"
    ID_TOKEN = "id_token"
    AUTHORIZATION_RESPONSE = "authorization_response"  # JARM


class KeyState(StrEnum):
    PUBLISHED = "published"  # shown and trusted, not used: ahead of its use, or after it
    ACTIVE = "active"
    RETIRED = "retired"


PURPOSES: tuple[tuple[KeyPurpose, Algorithm], ...] = (
    (KeyPurpose.ACCESS_TOKEN, "ES256"),
    (KeyPurpose.ID_TOKEN, "PS256"),
    (KeyPurpose.ID_TOKEN, "ES256"),
    (KeyPurpose.AUTHORIZATION_RESPONSE, "PS256"),
    (KeyPurpose.AUTHORIZATION_RESPONSE, "ES256"),
)


def algorithms_of(purpose: KeyPurpose) -> tuple[Algorithm, ...]:
    """What clients may ask for, the preferred one first."""
    return tuple(alg for each, alg in PURPOSES if each is purpose)


ID_TOKEN_ALGORITHMS = algorithms_of(KeyPurpose.ID_TOKEN)


@dataclass(frozen=True, slots=True)
class KeySet:
    """One version of a brand's keys."""

    version: int
    signing: Mapping[tuple[KeyPurpose, str], JwtKey]
    verifying: Mapping[KeyPurpose, Mapping[str, JwtKey]]
    document: dict[str, list[dict[str, Any]]]  # the JWK Set, public


class KeysMissing(Exception):
    """A brand was served before its keys were loaded. Never the caller's fault."""


class KeyRing:
    """The key sets of all brands that this worker serves."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        self._sets: dict[str, KeySet] = {}

    async def load(self, brand: str) -> None:
        """Take the brand's current key set from the database. Raises KeysMissing if it has none."""
        async with self._database.read() as connection:
            version = (await connection.execute(sa.select(key_sets.c.version).where(key_sets.c.brand == brand))).scalar()
            query = sa.select(signing_keys).where(signing_keys.c.brand == brand, signing_keys.c.state != KeyState.RETIRED.value)
            rows = (await connection.execute(query.order_by(signing_keys.c.created_at, signing_keys.c.kid))).all()
        if version is None:
            raise KeysMissing(brand)
        self._sets[brand] = await asyncio.to_thread(self._build, version, rows)

    def version(self, brand: str) -> int:
        return self._set(brand).version

    def signing_key(self, brand: str, purpose: KeyPurpose, alg: str) -> JwtKey:
        return self._set(brand).signing[purpose, alg]

    def verification_keys(self, brand: str, purpose: KeyPurpose) -> Mapping[str, JwtKey]:
        return self._set(brand).verifying[purpose]

    def document(self, brand: str) -> dict[str, list[dict[str, Any]]]:
        """The brand's public JWK Set."""
        return self._set(brand).document

    def _set(self, brand: str) -> KeySet:
        try:
            return self._sets[brand]
        except KeyError:
            raise KeysMissing(brand) from None

    def _build(self, version: int, rows: Sequence[sa.Row[Any]]) -> KeySet:
        signing: dict[tuple[KeyPurpose, str], JwtKey] = {}
        verifying: dict[KeyPurpose, dict[str, JwtKey]] = {purpose: {} for purpose in KeyPurpose}
        shown = []
        for row in rows:
            sealed = self._sealer.open(row.private_jwk, *key_place(row.brand, row.kid))
            private = msgspec.json.decode(sealed, type=dict[str, str])
            public = {name: value for name, value in private.items() if name not in PRIVATE_MEMBERS}
            verifier = import_key(public, kid=row.kid, alg=row.alg)
            verifying[KeyPurpose(row.purpose)][row.kid] = verifier
            shown.append(public_jwk(verifier))
            if row.state == KeyState.ACTIVE.value:
                signing[KeyPurpose(row.purpose), row.alg] = import_key(private, kid=row.kid, alg=row.alg)
        return KeySet(version, signing, verifying, {"keys": shown})


def key_place(brand: str, kid: str) -> tuple[str, str, str, str]:
    """Where a sealed private key belongs."""
    return ("signing_keys", "private_jwk", brand, kid)
