"""The bank's own services are the configuration's to name: registered at the start, changed with it, ended when it names them no more."""

import json

import pytest

from consent.authorization.clients.metadata import TOKEN_EXCHANGE
from consent.authorization.clients.rows import load_client
from kernel.config import ConfigurationRefused, build
from portcullis.compose.internal_clients import ORGANISATION, register_internal_clients
from portcullis.settings.schema import Settings
from tests.harness.databases import SQLITE
from tests.world.authorization import AuthorizationWorld, authorization_world, begin
from tests.world.brands import BRAND
from tests.world.keys import KEYS


@pytest.fixture
async def world(databases, tmp_path):
    with databases.database(SQLITE, tmp_path, begin) as url:
        async with authorization_world(url) as made:
            yield made


@pytest.fixture
def keys(tmp_path):
    path = tmp_path / "ledger.jwks.json"
    path.write_text(json.dumps({"keys": [KEYS["curve-1"].jwk]}))
    return path


def configured(*named, **changes):
    internal = [
        {"client_id": name, "audiences": ["urn:bank:ledger"], "scope": "accounts", "alg": "ES256", **changes} for name in named
    ]
    brand = {"name": "main", "display_name": "Bank", "issuer": BRAND.issuer, "mtls_url": BRAND.mtls_url}
    return build({"brands": [{**brand, "internal_clients": internal}]}, Settings)


async def register(world: AuthorizationWorld, settings: Settings) -> None:
    await register_internal_clients(world.services, settings, (BRAND,))


async def client(world: AuthorizationWorld, client_id: str):
    async with world.database.read() as connection:
        return await load_client(connection, BRAND.name, client_id)


async def test_each_is_registered_once_and_changed_with_the_file(world: AuthorizationWorld, keys):
    for _ in range(2):
        await register(world, configured("ledger", jwks=str(keys)))
    found = await client(world, "ledger")
    assert (found.version, found.active, found.organisation_id) == (1, True, ORGANISATION)
    assert found.grant_types == {TOKEN_EXCHANGE}
    await register(world, configured("ledger", jwks=str(keys), audiences=["urn:bank:risk"]))
    assert (await client(world, "ledger")).token_exchange_audiences == {"urn:bank:risk"}


async def test_one_that_is_named_no_more_is_ended_and_does_not_return(world: AuthorizationWorld, keys):
    await register(world, configured("ledger", "risk", jwks=str(keys)))
    await register(world, configured("risk", jwks=str(keys)))
    assert [(await client(world, name)).active for name in ("ledger", "risk")] == [False, True]
    assert (await client(world, world.acme.client.id)).active
    with pytest.raises(ConfigurationRefused, match="taken out before"):
        await register(world, configured("ledger", "risk", jwks=str(keys)))


async def test_what_cannot_be_registered_refuses_to_boot_and_names_it(world: AuthorizationWorld, keys, tmp_path, subtests):
    cases = {
        "without keys": {"jwks": str(tmp_path / "nothing")},
        "keys that are none": {"jwks": str(tmp_path / "no.json")},
        "no audience": {"jwks": str(keys), "audiences": []},
        "another algorithm": {"jwks": str(keys), "alg": "PS256"},
        "no scope": {"jwks": str(keys), "scope": ""},
    }
    (tmp_path / "no.json").write_text("{]")
    for name, changes in cases.items():
        with subtests.test(name), pytest.raises(ConfigurationRefused, match=r"internal_clients ledger"):
            await register(world, configured("ledger", **changes))
    with subtests.test("a TPP's id"), pytest.raises(ConfigurationRefused, match="TPP"):
        await register(world, configured(world.acme.client.id, jwks=str(keys)))
