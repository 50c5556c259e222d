"""A database of the release before access by account (format 2 of consents): consents, tokens, requests, sealed values and keys.

`format_2/` was written by that release. The file of SQLite is whole; PostgreSQL's has rows, for tables as migration 0012 leaves them.
"""

import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from consent.authentication.linked_terms import payment_in
from consent.authorization.clients.rows import load_client
from consent.store.tables.consents import consent_versions
from kernel.banking.consents import ConsentKind, ConsentState, Permission
from kernel.banking.money import Money
from kernel.errors import ConsentUnknown
from kernel.storage.database import Database
from kernel.storage.migrate import upgrade
from tests.harness.databases import KINDS, SQLITE, Databases, name_of
from tests.unit.consent.migrations.test_migration_0004 import PACKAGE, VERSION_TABLE, up_to
from tests.world.approval import agree, asked_by, consent_of
from tests.world.authorization import AuthorizationWorld, found_world
from tests.world.brands import BRAND
from tests.world.certificates import certificate
from tests.world.keys import SigningKey
from tests.world.tpp import Tpp

STORED = Path(__file__).parent / "format_2"
PERMISSIONS = {
    Permission.ACCOUNTS_DETAIL,
    Permission.BALANCES,
    Permission.TRANSACTIONS_DETAIL,
    Permission.TRANSACTIONS_CREDITS,
}


@dataclass(frozen=True)
class Found:
    """The database as this release opened it, and what its TPP had kept."""

    world: AuthorizationWorld
    tpp: Tpp
    kept: dict[str, Any]


async def restore(kind: str, url: str) -> None:
    rows = (STORED / f"{kind}.sql").read_text()
    if kind == SQLITE:
        connection = sqlite3.connect(name_of(url))
        connection.executescript(rows)
        connection.close()
        return
    async with Database.open(url) as database:
        await database.write(lambda connection: connection.run_sync(up_to, "0012"))
    plain = await asyncpg.connect(url)
    try:
        await plain.execute(rows)
        await plain.execute("SELECT setval(pg_get_serial_sequence('journal', 'id'), (SELECT max(id) FROM journal))")
    finally:
        await plain.close()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def empty_url(kind: str, databases: Databases, tmp_path: Path) -> Iterator[str]:
    with databases.database(kind, tmp_path) as url:
        yield url


@pytest.fixture
async def found(kind: str, empty_url: str) -> AsyncIterator[Found]:
    kept = json.loads((STORED / f"{kind}.json").read_text())
    await restore(kind, empty_url)
    async with Database.open(empty_url) as database:
        await upgrade(database, PACKAGE, VERSION_TABLE)
    async with found_world(empty_url) as world:
        async with world.database.read() as connection:
            client = await load_client(connection, BRAND.name, kept["client_id"])
        assert client is not None
        key = SigningKey("ES256", "acme-1")
        key.private = load_pem_private_key(kept["client_key"].encode(), None)
        yield Found(world, Tpp(client, key, certificate("acme"), kept["redirect_uri"], world.clock), kept)


async def test_a_consent_is_read_with_its_token_and_withdrawn(found: Found):
    world, kept = found.world, found.kept
    token = world.verifier.verify(BRAND, kept["tokens"]["access_token"])
    assert token.consent_id == kept["authorised"]
    consent = await world.services.store.read(BRAND, found.tpp.client.caller, kept["authorised"])
    assert (consent.state, consent.permissions) == (ConsentState.AUTHORISED, PERMISSIONS)
    assert [account.upstream_id for account in consent.accounts] == ["account-1", "account-2"]
    assert (consent.frequency_per_day, len(consent.document)) == (4, 123)
    refreshed = await world.token(found.tpp, "refresh_token", refresh_token=kept["tokens"]["refresh_token"])
    assert refreshed.status == 200, refreshed.text
    await world.services.store.withdraw(BRAND, found.tpp.client.caller, consent.id)
    assert await world.family_state(kept["tokens"]["access_token"]) == "ended"
    with pytest.raises(ConsentUnknown):
        await world.services.store.read(BRAND, found.tpp.client.caller, consent.id)
    refused = await world.token(found.tpp, "refresh_token", refresh_token=refreshed.json["refresh_token"])
    assert refused.error == (400, "invalid_grant")


async def test_every_version_of_every_consent_is_read(found: Found):
    """And a consent goes on from where it stood."""
    world, kept = found.world, found.kept
    async with world.database.read() as connection:
        stored = (await connection.execute(sa.select(sa.func.count()).select_from(consent_versions))).scalar_one()
    ids = [kept[name] for name in ("awaiting", "authorised", "suspended", "revoked", "detailed", "payment", "payment_awaiting")]
    histories = [await world.services.store.history(BRAND, consent_id) for consent_id in ids]
    assert sum(len(history) for history in histories) == stored == 14
    states = [history[-1].state for history in histories]
    assert states == ["awaiting", "authorised", "suspended", "revoked_by_psu", "authorised", "authorised", "awaiting"]
    assert (await world.services.store.resume(BRAND, kept["suspended"])).state is ConsentState.AUTHORISED


async def test_a_consent_that_awaits_its_psu_is_authorised(found: Found):
    world = found.world
    request_uri = await world.pushed_uri(found.tpp, found.kept["awaiting"])
    await agree(world, await asked_by(world, found.tpp, request_uri), "account-1", "account-3")
    consent = await consent_of(world, found.kept["awaiting"])
    assert (consent.state, consent.permissions) == (ConsentState.AUTHORISED, PERMISSIONS)


async def test_what_was_granted_is_said_as_before(found: Found):
    """authorization_details, of accounts and of a payment."""
    world, kept = found.world, found.kept
    for name in ("detailed_tokens", "payment_tokens"):
        answer = await world.token(found.tpp, "refresh_token", refresh_token=kept[name]["refresh_token"])
        assert answer.json["authorization_details"] == kept[name]["authorization_details"]


async def test_a_request_under_way_goes_on(found: Found):
    """A grant is merged, a payment agreed to."""
    world, kept = found.world, found.kept
    merged = await agree(world, await asked_by(world, found.tpp, kept["merge_request_uri"]), "account-2")
    assert (await world.redeem(found.tpp, merged.location["code"])).status == 200
    consent = await consent_of(world, kept["detailed"])
    assert consent.permissions == {Permission.ACCOUNTS_DETAIL, Permission.BALANCES, Permission.PARTY_PSU}
    assert [account.upstream_id for account in consent.accounts] == ["account-1", "account-2"]
    paid = await agree(world, await asked_by(world, found.tpp, kept["payment_request_uri"]), "account-1")
    assert (await world.redeem(found.tpp, paid.location["code"])).status == 200
    payment = await consent_of(world, kept["payment_awaiting"])
    assert (payment.kind, payment.state) == (ConsentKind.PAYMENT, ConsentState.AUTHORISED)
    assert payment_in(payment).amount == Money("GBP", 700)
