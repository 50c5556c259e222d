"""Rows of consents and authorisations, changed behind the back of the store."""

from consent.store.tables.consents import authorisations, consent_versions, consents
from kernel.storage.database import Database
from tests.harness.damage.rows import run


async def replace_snapshot(database: Database, snapshot: bytes, *consent_ids: str) -> None:
    """Of every version of these consents."""
    await run(database, consent_versions.update().where(consent_versions.c.id.in_(consent_ids)).values(snapshot=snapshot))


async def name_version(database: Database, consent_id: str, version: int) -> None:
    """The version that counts as the consent's newest."""
    await run(database, consents.update().where(consents.c.id == consent_id).values(version=version))


async def move_challenge(database: Database, challenge: bytes, authorisation_id: str) -> None:
    await run(database, authorisations.update().where(authorisations.c.id == authorisation_id).values(challenge=challenge))
