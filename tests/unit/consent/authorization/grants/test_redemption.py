"""The redemption of a code holds its family to the consent that the PSU authorised for this client."""

from typing import Any

import pytest

from tests.harness.damage.oauth import change_families_of
from tests.world.authorization import AuthorizationWorld


async def of_no_consent(_world: AuthorizationWorld) -> dict[str, Any]:
    return {"consent_id": "unknown"}


async def of_another_clients_consent(world: AuthorizationWorld) -> dict[str, Any]:
    other = await world.lodge(world.borough)
    await world.approve(world.borough, await world.pushed_uri(world.borough, other.id))
    return {"consent_id": other.id}


async def of_another_psu(_world: AuthorizationWorld) -> dict[str, Any]:
    return {"psu_id": "bob"}


@pytest.mark.parametrize("spoilt", [of_no_consent, of_another_clients_consent, of_another_psu])
async def test_a_family_whose_consent_is_not_its_own_gives_no_tokens(oauth: AuthorizationWorld, spoilt):
    code, other = await oauth.code(oauth.acme), await spoilt(oauth)
    await change_families_of(oauth.database, oauth.acme.client.id, **other)
    assert (await oauth.redeem(oauth.acme, code)).error == (400, "invalid_grant")
