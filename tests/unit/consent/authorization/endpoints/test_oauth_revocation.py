"""RFC 7009: a client gives up its own tokens, and learns nothing about anyone else's."""

import pytest

from consent.authorization.keys.rotation import rotate_keys
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.tpp import Tpp


async def revoke(world: AuthorizationWorld, tpp: Tpp, token: str, **form: str) -> int:
    answer = await world.call("POST", "/revoke", form={"token": token, **tpp.credentials(), **form})
    assert answer.response.body is None
    assert answer.response.headers["Cache-Control"] == "no-store"
    return answer.status


async def denied(world: AuthorizationWorld, access_token: str) -> bool:
    jti = world.verifier.verify(BRAND, access_token).jti
    return await world.services.snapshots.load_version(f"main/token/{jti}") == 1


@pytest.mark.spec("RFC7009-2.1")
async def test_a_refresh_token_ends_its_family(oauth_anywhere: AuthorizationWorld):
    world, acme = oauth_anywhere, oauth_anywhere.acme
    tokens = await world.tokens(acme)
    for _ in range(2):
        assert await revoke(world, acme, tokens["refresh_token"]) == 200
        assert await world.family_state(tokens["access_token"]) == "ended"
    refused = await world.token(acme, "refresh_token", refresh_token=tokens["refresh_token"])
    assert refused.error == (400, "invalid_grant")
    assert await world.books.oauth.refresh_tokens() == [], "a token that no client can use is not kept"


@pytest.mark.spec("RFC7009-2.1")
async def test_an_access_token_is_denied_alone(oauth_anywhere: AuthorizationWorld):
    world, acme = oauth_anywhere, oauth_anywhere.acme
    tokens = await world.tokens(acme)
    for _ in range(2):
        assert await revoke(world, acme, tokens["access_token"]) == 200
        assert await denied(world, tokens["access_token"])
    assert await world.family_state(tokens["access_token"]) == "active"
    refreshed = await world.token(acme, "refresh_token", refresh_token=tokens["refresh_token"])
    assert not await denied(world, refreshed.json["access_token"])


async def test_a_worker_that_has_not_heard_of_new_keys_asks_before_it_says_done(oauth: AuthorizationWorld):
    keys = oauth.services.keys._sets._snapshots
    old = keys[BRAND.name]
    await rotate_keys(oauth.services, BRAND.name)
    token = (await oauth.tokens(oauth.acme))["access_token"]
    keys[BRAND.name] = old
    assert await revoke(oauth, oauth.acme, token) == 200
    assert await denied(oauth, token)


async def test_a_wrong_hint_does_no_harm(oauth: AuthorizationWorld):
    tokens = await oauth.tokens(oauth.acme)
    for hint in ("refresh_token", "nonsense"):
        assert await revoke(oauth, oauth.acme, tokens["access_token"], token_type_hint=hint) == 200
    assert await denied(oauth, tokens["access_token"])


@pytest.mark.spec("RFC7009-2.2")
async def test_anothers_token_looks_like_one_that_does_not_exist(oauth: AuthorizationWorld):
    tokens = await oauth.tokens(oauth.acme)
    for token in (tokens["refresh_token"], tokens["access_token"], tokens["id_token"], "nonsense", "a.b.c", "é"):
        assert await revoke(oauth, oauth.borough, token) == 200
    assert await oauth.family_state(tokens["access_token"]) == "active"
    assert not await denied(oauth, tokens["access_token"])


async def test_revoking_needs_a_client_and_a_token(oauth: AuthorizationWorld):
    assert (await oauth.call("POST", "/revoke", form={"token": "x"})).error == (401, "invalid_client")
    assert (await oauth.call("POST", "/revoke", form=oauth.acme.credentials())).error == (400, "invalid_request")
