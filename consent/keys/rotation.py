"""Make a brand's signing keys at first start, and succeed them. Private parts are sealed before they reach the database.

After a rotation the previous keys stay published, so that what they signed can still be verified.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.keys.ring import PURPOSES, KeyPurpose, KeyState, key_place
from consent.services import Services
from consent.settings import ACCESS_TOKEN_SECONDS_MAX
from consent.tables_oauth import key_sets, signing_keys
from kernel import json
from kernel.jose import JwtKey, generate_key, private_jwk
from kernel.journal import Entry
from kernel.subjects import keys_subject

FIRST_VERSION = 1
NewKeys = list[tuple[KeyPurpose, JwtKey]]


async def prepare_keys(services: Services, brand: str) -> None:
    """Load the brand's keys, making them first if it has none. Two servers that start together make one set between them."""
    async with services.database.read() as connection:
        present = (await connection.execute(sa.select(key_sets.c.version).where(key_sets.c.brand == brand))).scalar()
    if present is None:
        fresh = await asyncio.to_thread(_generate)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(key_sets.insert().values(brand=brand, version=FIRST_VERSION))
            await _issue_keys(services, connection, brand, fresh, FIRST_VERSION)

        with suppress(IntegrityError):  # another server was first: its keys are the brand's
            await services.database.write(work)
    await services.keys.load(brand)


async def rotate_keys(services: Services, brand: str) -> int:
    """Put new keys in the place of the active ones; the new version of the key set."""
    fresh = await asyncio.to_thread(_generate)
    subject = keys_subject(brand)

    async def write() -> tuple[int, dict[str, int]]:
        async def work(connection: AsyncConnection) -> int:
            version = (
                await connection.execute(
                    key_sets.update()
                    .where(key_sets.c.brand == brand)
                    .values(version=key_sets.c.version + 1)
                    .returning(key_sets.c.version)
                )
            ).scalar_one()
            await _step_down(connection, brand, services.clock.wall())
            await _issue_keys(services, connection, brand, fresh, version)
            return int(version)

        version = await services.database.write(work)
        return version, {subject: version}

    version = await services.versions.change([subject], write, load_version=services.snapshots.load_version)
    await services.keys.load(brand)
    return version


def _generate() -> NewKeys:
    return [(purpose, generate_key(alg)) for purpose, alg in PURPOSES]


async def _step_down(connection: AsyncConnection, brand: str, now: datetime) -> None:
    await connection.execute(
        signing_keys.update()
        .where(signing_keys.c.brand == brand, signing_keys.c.state == KeyState.ACTIVE.value)
        .values(state=KeyState.PUBLISHED.value, retires_at=now + timedelta(seconds=ACCESS_TOKEN_SECONDS_MAX))
    )


async def _issue_keys(services: Services, connection: AsyncConnection, brand: str, keys: NewKeys, version: int) -> None:
    now = services.clock.wall()
    rows = [
        {
            "brand": brand,
            "kid": key.kid,
            "alg": key.alg,
            "purpose": purpose.value,
            "state": KeyState.ACTIVE.value,
            "private_jwk": services.sealer.seal(json.encode(private_jwk(key)), *key_place(brand, key.kid)),
            "created_at": now,
            "activates_at": now,
        }
        for purpose, key in keys
    ]
    await connection.execute(signing_keys.insert(), rows)
    await services.journal.record(
        connection,
        Entry(
            brand=brand,
            kind="keys.issued",
            aggregate_id=brand,
            at=services.clock.now(),
            actor="system",
            facts={"version": version, "kids": [key.kid for _, key in keys]},
        ),
    )
