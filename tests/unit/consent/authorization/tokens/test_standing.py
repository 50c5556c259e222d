"""The standing of a token: judged by what this worker remembers, and by nothing older than the current versions."""

import json
from dataclasses import replace
from typing import Any

import pytest

from consent.authorization.keys.ring import KeyPurpose
from consent.authorization.tokens.standing import LOADS_MAX, Standing, load_standing
from kernel.errors import Overloaded, TokenInvalid, TokenRevoked
from kernel.hot_state.checks import Check, Moved, Verdict, VersionIs
from kernel.jose.jwt import sign_jwt
from kernel.tokens.presented import TOKEN_BYTES_MAX
from tests.harness.damage.oauth import change_families
from tests.harness.statements import statements_of
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.keys import unb64


async def load(oauth: AuthorizationWorld, token: str) -> Standing:
    return await load_standing(oauth.services, BRAND, token, lambda *_: None)


def signed(oauth: AuthorizationWorld, claims: dict[str, Any]) -> str:
    return sign_jwt(claims, oauth.services.keys.signing_key(BRAND.name, KeyPurpose.ACCESS_TOKEN, "ES256"), typ="at+jwt")


async def test_what_stands_already_is_asked_of_no_database(oauth: AuthorizationWorld):
    token = (await oauth.tokens(oauth.acme))["access_token"]
    first = await load(oauth, token)
    with statements_of(oauth.database) as asked:
        assert await load(oauth, token) == first
    assert asked.all == []


async def test_a_consent_that_changed_is_loaded_again(oauth: AuthorizationWorld):
    token = (await oauth.tokens(oauth.acme))["access_token"]
    first = (await load(oauth, token)).consent
    await oauth.services.store.suspend(BRAND, first.id)
    with pytest.raises(TokenRevoked):
        await load(oauth, token)
    await oauth.services.store.resume(BRAND, first.id)
    assert (await load(oauth, token)).consent.version == first.version + 2


class Restless:
    """Hot state in which everything has moved since it was loaded."""

    looks = 0

    async def decide(self, checks: list[Check], *, spend: bool) -> list[Verdict]:
        self.looks += 1
        return [Moved(check.version + self.looks) for check in checks if isinstance(check, VersionIs)]


async def test_what_never_rests_is_not_judged(oauth: AuthorizationWorld):
    token = (await oauth.tokens(oauth.acme))["access_token"]
    restless = Restless()
    with pytest.raises(Overloaded):
        await load_standing(replace(oauth.services, versions=restless), BRAND, token, lambda *_: None)  # type: ignore[arg-type]
    assert restless.looks == LOADS_MAX == 3


async def test_a_token_of_our_own_longer_than_any_that_we_issue_is_not_read(oauth: AuthorizationWorld):
    claims = json.loads(unb64((await oauth.tokens(oauth.acme))["access_token"].split(".")[1]))
    room = (TOKEN_BYTES_MAX - len(signed(oauth, {**claims, "padding": ""}))) * 3 // 4
    tokens = {len(token): token for token in (signed(oauth, {**claims, "padding": "p" * (room + more)}) for more in range(-4, 5))}
    longest, too_long = tokens[TOKEN_BYTES_MAX], tokens[min(length for length in tokens if length > TOKEN_BYTES_MAX)]
    assert (await load(oauth, longest)).family is not None
    with pytest.raises(TokenInvalid):
        await load(oauth, too_long)


async def test_a_family_whose_consent_is_not_there_stands_on_nothing(oauth: AuthorizationWorld):
    token = (await oauth.tokens(oauth.acme))["access_token"]
    await change_families(oauth.database, consent_id="unknown")
    with pytest.raises(TokenRevoked):
        await load(oauth, token)
