"""Snapshots of the release that did not keep by which numbers an account was known (format 4): read, shown as that release showed them,
and written on in the present format. `format_4/snapshots.json` was written by that release: accounts that the PSU chose, one that the TPP
named, and all of them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from consent.store.rows.snapshots import FORMAT
from consent.store.tables.consents import consent_versions, consents
from kernel import json as wire
from kernel.banking.consents import Consent, ConsentState
from openapi.berlin_group.v1_3.given_access import render_access
from tests.world.brands import BRAND, START
from tests.world.pages import PageWorld, page_world

STORED: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "format_4" / "snapshots.json").read_text())
SHOWN = {
    "chosen": {"accounts": [], "balances": []},
    "named": {"balances": [{"iban": "GB33BUKB20201555555555"}]},
    "global": {"availableAccountsWithBalance": "allAccounts"},
}


@pytest.fixture
async def world(migrated_url: str) -> AsyncIterator[PageWorld]:
    async with page_world(migrated_url) as made:
        yield made


async def store(world: PageWorld, name: str) -> Consent:
    """The consent as that release left it, in place of one of this release."""
    lodged = await world.lodge()
    document = json.dumps(STORED[name] | {"id": lodged.id}).encode()
    sealed = world.services.sealer.seal(document, "consent_versions", "snapshot", BRAND.name, lodged.id, "1")

    async def work(connection: Any) -> None:
        version = consent_versions.c.id == lodged.id
        await connection.execute(consent_versions.update().where(version).values(format=4, snapshot=sealed))
        theirs = consents.update().where(consents.c.id == lodged.id)
        await connection.execute(theirs.values(lodged_as="berlin_group/v1.3", state="authorised", psu_id="psu-alice"))

    await world.database.write(work)
    found = await world.store.load(BRAND, lodged.id)
    assert found is not None
    return found


def shown(consent: Consent) -> dict[str, Any]:
    found: dict[str, Any] = wire.decode(wire.encode(render_access(consent, consent.effective_state(START))), dict)
    return found


@pytest.mark.parametrize("name", STORED)
async def test_a_consent_is_read_shown_as_it_was_and_goes_on_in_the_present_format(world: PageWorld, name: str):
    consent = await store(world, name)
    assert (consent.state, shown(consent)) == (ConsentState.AUTHORISED, SHOWN[name])
    assert [each.identity for each in consent.access] == [None] * len(STORED[name]["access"])
    revoked = await world.store.revoke_by_psu(BRAND, "psu-alice", consent.id)
    assert revoked.access == consent.access
    assert [row.format for row in await world.books.consents.versions()] == [4, FORMAT]
    assert [version.terms for version in await world.store.history(BRAND, consent.id)] == [consent.terms] * 2
