"""OAuth as a whole, on both databases: push, authorize, redeem, refresh, end."""

import asyncio
import json

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.errors import RequestUriInvalid
from consent.store.rows.families import end_families
from kernel.access import Confirmation
from kernel.commands.unit_of_work import UnitOfWork
from kernel.hot_state.subjects import consent_subject
from tests.world.answer import Answer
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.keys import unb64
from tests.world.tpp import SCA


@pytest.mark.conformance("fapi2-security-profile-final-happy-flow")
@pytest.mark.spec("RFC6749-5.1")
@pytest.mark.spec("RFC9700-4.12")
async def test_a_client_gets_tokens_for_what_the_customer_approved(oauth_anywhere: AuthorizationWorld):
    world, acme = oauth_anywhere, oauth_anywhere.acme
    consent = await world.lodge(acme)
    request_uri = await world.pushed_uri(acme, consent.id)
    visited = await world.visit(acme, request_uri)
    assert visited.response.headers["Location"] == "/login"
    answered = await world.approve(acme, request_uri)
    assert answered.status == 303
    assert set(answered.location) == {"code", "state", "iss"}
    assert answered.location["state"] == "state-1"
    assert answered.location["iss"] == BRAND.issuer

    redeemed = await world.redeem(acme, answered.location["code"])
    assert redeemed.status == 200
    assert redeemed.response.headers["Cache-Control"] == "no-store"
    tokens = redeemed.json
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 300
    token = world.verifier.verify(BRAND, tokens["access_token"])
    assert token.consent_id == consent.id
    assert token.confirmation == Confirmation("x5t#S256", acme.certificate.thumbprint)
    id_token = json.loads(unb64(tokens["id_token"].split(".")[1]))
    assert id_token["nonce"] == "nonce-1"
    assert id_token["acr"] == SCA
    assert id_token["openbanking_intent_id"] == consent.id
    assert id_token["sub"] == token.subject

    refreshed = await world.token(acme, "refresh_token", refresh_token=tokens["refresh_token"])
    assert refreshed.status == 200
    assert world.verifier.verify(BRAND, refreshed.json["access_token"]).family_id == token.family_id


@pytest.mark.spec("RFC6749-4.1.2")
async def test_two_redemptions_at_once_give_one_set_of_tokens_and_end_it(oauth_anywhere: AuthorizationWorld):
    world, acme = oauth_anywhere, oauth_anywhere.acme
    code = await world.code(acme)
    answers = await asyncio.gather(*(world.redeem(acme, code) for _ in range(4)))
    won = [answer for answer in answers if answer.status == 200]
    assert len(won) == 1
    assert {answer.error for answer in answers if answer.status != 200} == {(400, "invalid_grant")}
    assert await world.family_state(won[0].json["access_token"]) == "ended"


@pytest.mark.spec("FAPI2-SP-FINAL-5.3.2.2")
async def test_a_request_that_two_journeys_answer_at_once_makes_one_code(oauth_anywhere: AuthorizationWorld):
    """Each journey is its browser's own; what only one of them may take is the request (RFC 9126 section 4)."""
    world, acme = oauth_anywhere, oauth_anywhere.acme
    request_uri = await world.pushed_uri(acme, (await world.lodge(acme)).id)
    answers = await asyncio.gather(*(world.approve(acme, request_uri) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(answer, Answer) for answer in answers) == 1
    assert sum(isinstance(answer, RequestUriInvalid) for answer in answers) == 3


@pytest.mark.conformance("fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds")
async def test_a_request_may_be_visited_twice_and_is_completed_once(oauth_anywhere: AuthorizationWorld):
    world, acme = oauth_anywhere, oauth_anywhere.acme
    request_uri = await world.pushed_uri(acme, (await world.lodge(acme)).id)
    first, second = await asyncio.gather(world.visit(acme, request_uri), world.visit(acme, request_uri))
    assert first.response.headers["Location"] == second.response.headers["Location"] == "/login"
    await world.approve(acme, request_uri)
    again = (await world.visit(acme, request_uri)).location
    assert (again["error"], again["state"]) == ("invalid_request_uri", "state-1")


@pytest.mark.conformance("fapi2-security-profile-final-attempt-reuse-authorization-code-after-one-second")
async def test_a_code_presented_twice_ends_what_grew_from_it(oauth_anywhere: AuthorizationWorld):
    world, acme = oauth_anywhere, oauth_anywhere.acme
    code = await world.code(acme)
    tokens = (await world.redeem(acme, code)).json
    world.advance(seconds=1)
    assert (await world.redeem(acme, code)).error == (400, "invalid_grant")
    assert await world.family_state(tokens["access_token"]) == "ended"
    refused = await world.token(acme, "refresh_token", refresh_token=tokens["refresh_token"])
    assert refused.error == (400, "invalid_grant")


async def test_a_withdrawn_consent_takes_its_codes_and_refresh_tokens_along(oauth_anywhere: AuthorizationWorld):
    """DESIGN: revoking the consent ends all. The code is refused even if its family were still active."""
    world, acme = oauth_anywhere, oauth_anywhere.acme
    first = await world.lodge(acme)
    tokens = (await world.redeem(acme, (await world.approve(acme, await world.pushed_uri(acme, first.id))).location["code"])).json
    second = await world.lodge(acme)
    code = (await world.approve(acme, await world.pushed_uri(acme, second.id))).location["code"]
    for consent in (first, second):
        await world.services.store.withdraw(BRAND, acme.client.caller, consent.id)
    assert (await world.redeem(acme, code)).error == (400, "invalid_grant")
    refused = await world.token(acme, "refresh_token", refresh_token=tokens["refresh_token"])
    assert refused.error == (400, "invalid_grant")
    assert await world.family_state(tokens["access_token"]) == "ended"


async def test_ending_the_families_of_a_consent_is_published_once(oauth_anywhere: AuthorizationWorld):
    world, acme = oauth_anywhere, oauth_anywhere.acme
    access_token = (await world.tokens(acme))["access_token"]
    token = world.verifier.verify(BRAND, access_token)
    assert token.consent_id is not None

    async def end(connection: AsyncConnection) -> dict[str, int]:
        unit = UnitOfWork(connection, None, world.clock.wall())
        await end_families(unit, BRAND.name, token.consent_id or "", world.clock.wall())
        return unit.versions

    assert await world.database.write(end) == {f"{BRAND.name}/family/{token.family_id}": 2}
    assert await world.database.write(end) == {}


async def test_the_database_knows_every_version_that_the_hot_state_may_ask_for(oauth_anywhere: AuthorizationWorld):
    world, acme = oauth_anywhere, oauth_anywhere.acme
    load = world.services.snapshots.load_version
    token = world.verifier.verify(BRAND, (await world.tokens(acme))["access_token"])
    assert await load(f"main/client/{acme.client.id}") == 1
    assert await load(f"main/family/{token.family_id}") == 1
    assert await load(consent_subject("main", token.consent_id or "")) == 2
    assert await load("main/keys") == 1
    assert await load(f"main/token/{token.jti}") == 0
    assert await load("main/client/stranger") is None
    assert await load(f"other/client/{acme.client.id}") is None
