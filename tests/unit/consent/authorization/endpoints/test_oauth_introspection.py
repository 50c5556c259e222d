"""Introspection: the description of a token for its client. RFC 7662, RFC 9701."""

import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from consent.authorization.clients.registry import deactivate_client
from consent.authorization.keys.ring import KeyPurpose
from consent.authorization.keys.rotation import rotate_keys
from consent.authorization.tokens.verify import TokenVerifier
from kernel.errors import FieldInvalid, TokenInvalid
from kernel.jose.jwt import sign_jwt
from tests.harness.proofs import Prover
from tests.world.answer import Answer
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.keys import KEYS, unb64
from tests.world.tpp import Tpp

INACTIVE = {"active": False}
SIGNED = "application/token-introspection+jwt"


async def ask(oauth: AuthorizationWorld, tpp: Tpp, token: str | None, accept: str | None = None, **form: str) -> Answer:
    sent = {**tpp.credentials(), **form} | ({} if token is None else {"token": token})
    return await oauth.call("POST", "/introspect", form=sent, headers={} if accept is None else {"Accept": accept})


async def answer_to(oauth: AuthorizationWorld, tpp: Tpp, token: str, **form: str) -> Any:
    answer = await ask(oauth, tpp, token, **form)
    assert answer.status == 200, answer.text
    assert answer.response.headers["Cache-Control"] == "no-store"
    return answer.json


@pytest.mark.spec("RFC7662-2.2")
async def test_a_client_learns_what_its_own_access_token_is_worth(oauth: AuthorizationWorld):
    token = (await oauth.tokens(oauth.acme))["access_token"]
    described = await answer_to(oauth, oauth.acme, token, token_type_hint="refresh_token")
    claims = json.loads(unb64(token.split(".")[1]))
    same = ("client_id", "exp", "sub", "aud", "iss", "jti", "cnf", "consent_id")
    assert {name: described[name] for name in same} == {name: claims[name] for name in same}
    assert (described["active"], described["token_type"], set(described["scope"].split())) == (
        True,
        "Bearer",
        {"openid", "accounts"},
    )
    assert set(described) == {*same, "active", "token_type", "scope"}


async def test_a_token_of_the_clients_own_authority_names_no_consent(oauth: AuthorizationWorld):
    token = (await oauth.token(oauth.acme, "client_credentials")).json["access_token"]
    described = await answer_to(oauth, oauth.acme, token)
    assert (described["active"], described["sub"], "consent_id" in described) == (True, oauth.acme.client.id, False)


async def test_a_refresh_token_is_described_without_an_expiry_or_a_key(oauth: AuthorizationWorld):
    tokens = await oauth.tokens(oauth.acme)
    described = await answer_to(oauth, oauth.acme, tokens["refresh_token"], token_type_hint="access_token")
    assert set(described) == {"active", "scope", "client_id", "sub", "iss", "consent_id"}
    assert described["sub"] == json.loads(unb64(tokens["id_token"].split(".")[1]))["sub"]


@pytest.mark.spec("RFC9449-6.2")
async def test_a_token_bound_to_a_key_says_so(oauth: AuthorizationWorld):
    dora = await oauth.register("dora", KEYS["curve-1"], sender_constraint="dpop")
    prover = Prover(lambda: oauth.now)
    form = {"grant_type": "client_credentials", **dora.credentials()}
    headers = {"DPoP": prover.proof("POST", f"{BRAND.issuer}/token")}
    token = (await oauth.call("POST", "/token", form=form, headers=headers)).json["access_token"]
    described = await answer_to(oauth, dora, token)
    assert (described["token_type"], described["cnf"]) == ("DPoP", {"jkt": prover.jkt})


async def test_any_other_token_is_inactive_and_no_more(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    """RFC 7662 section 2.2: an answer that distinguished unknown from foreign would reveal what exists."""
    tokens = await oauth.tokens(oauth.acme)
    cases = {
        "another client's access token": tokens["access_token"],
        "another client's refresh token": tokens["refresh_token"],
        "unknown": "u" * 43,
        "an id_token": tokens["id_token"],
        "an altered token": tokens["access_token"][:-4] + "AAAA",
        "endless": "e" * 10_000,
    }
    for name, token in cases.items():
        with subtests.test(name):
            assert await answer_to(oauth, oauth.borough, token) == INACTIVE


async def test_what_ended_is_inactive_from_the_next_question_on(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    async def suspended(tokens: dict[str, str], consent_id: str) -> None:
        await oauth.services.store.suspend(BRAND, consent_id)

    async def withdrawn(tokens: dict[str, str], consent_id: str) -> None:
        await oauth.services.store.withdraw(BRAND, oauth.acme.client.caller, consent_id)

    async def revoked(tokens: dict[str, str], consent_id: str) -> None:
        form = {**oauth.acme.credentials(), "token": tokens["refresh_token"]}
        assert (await oauth.call("POST", "/revoke", form=form)).status == 200

    for end in (suspended, withdrawn, revoked):
        with subtests.test(end.__name__):
            consent = await oauth.lodge(oauth.acme)
            code = (await oauth.approve(oauth.acme, await oauth.pushed_uri(oauth.acme, consent.id))).location["code"]
            tokens = (await oauth.redeem(oauth.acme, code)).json
            for token in (tokens["access_token"], tokens["refresh_token"]):
                assert (await answer_to(oauth, oauth.acme, token))["active"] is True
            await end(tokens, consent.id)
            for token in (tokens["access_token"], tokens["refresh_token"]):
                assert await answer_to(oauth, oauth.acme, token) == INACTIVE


async def test_a_token_denied_alone_or_expired_is_inactive_and_its_family_is_not(oauth: AuthorizationWorld):
    tokens = await oauth.tokens(oauth.acme)
    form = {**oauth.acme.credentials(), "token": tokens["access_token"]}
    assert (await oauth.call("POST", "/revoke", form=form)).status == 200
    assert await answer_to(oauth, oauth.acme, tokens["access_token"]) == INACTIVE
    refreshed = (await oauth.token(oauth.acme, "refresh_token", refresh_token=tokens["refresh_token"])).json["access_token"]
    assert (await answer_to(oauth, oauth.acme, refreshed))["active"] is True
    oauth.advance(seconds=300)
    assert await answer_to(oauth, oauth.acme, refreshed) == INACTIVE
    assert (await answer_to(oauth, oauth.acme, tokens["refresh_token"]))["active"] is True


async def test_a_token_of_a_family_or_client_that_is_not_there_is_inactive(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    """Signed by our own key: nothing but the missing row is wrong."""
    key = oauth.services.keys.signing_key(BRAND.name, KeyPurpose.ACCESS_TOKEN, "ES256")
    token = (await oauth.tokens(oauth.acme))["access_token"]
    claims = json.loads(unb64(token.split(".")[1]))
    assert (await answer_to(oauth, oauth.acme, sign_jwt(claims, key, typ="at+jwt")))["active"] is True
    for name in ("family_id", "client_id"):
        with subtests.test(name):
            assert await answer_to(oauth, oauth.acme, sign_jwt({**claims, name: "unknown"}, key, typ="at+jwt")) == INACTIVE


async def test_a_worker_that_has_not_heard_of_new_keys_asks_before_it_answers(oauth: AuthorizationWorld):
    """An emergency rotation ends what the old keys signed; what the new ones sign is good at once."""
    before = (await oauth.tokens(oauth.acme))["access_token"]
    keys = oauth.services.keys._sets._snapshots
    old = keys[BRAND.name]
    await rotate_keys(oauth.services, BRAND.name)
    after = (await oauth.tokens(oauth.acme))["access_token"]
    for token, active in ((before, False), (after, True)):
        keys[BRAND.name] = old
        assert (await answer_to(oauth, oauth.acme, token))["active"] is active


async def test_who_may_not_authenticate_learns_nothing(oauth: AuthorizationWorld):
    token = (await oauth.tokens(oauth.acme))["access_token"]
    assert (await oauth.call("POST", "/introspect", form={"token": token})).error == (401, "invalid_client")
    assert (await ask(oauth, oauth.acme, None)).error == (400, "invalid_request")
    await deactivate_client(oauth.services, BRAND, oauth.acme.client.id)
    assert (await ask(oauth, oauth.acme, token)).error == (401, "invalid_client")


class TestSigned:
    """RFC 9701."""

    @pytest.mark.spec("RFC9701-5")
    @pytest.mark.parametrize("alg", ["PS256", "ES256"])
    async def test_who_accepts_a_signed_answer_gets_one_for_itself(self, oauth: AuthorizationWorld, alg: str):
        """Verified by a library of its own, from the published keys."""
        tpp = await oauth.register("asker", KEYS["borough-1"], introspection_signed_response_alg=alg)
        token = (await oauth.tokens(tpp))["access_token"]
        answer = await ask(oauth, tpp, token, f"application/json;q=0.1, {SIGNED};q=0.9")
        assert (answer.status, answer.response.headers["Content-Type"]) == (200, SIGNED)
        assert answer.response.headers["Cache-Control"] == "no-store"
        keys = KeySet.import_key_set((await oauth.call("GET", "/jwks")).json)
        signed = jwt.decode(answer.text, keys, algorithms=[alg])
        assert signed.header["typ"] == "token-introspection+jwt"
        assert set(signed.claims) == {"iss", "aud", "iat", "token_introspection"}
        assert (signed.claims["iss"], signed.claims["aud"]) == (BRAND.issuer, tpp.client.id)
        assert signed.claims["token_introspection"] == (await answer_to(oauth, tpp, token))

    async def test_that_nothing_is_known_is_signed_too(self, oauth: AuthorizationWorld):
        answer = await ask(oauth, oauth.acme, "unknown", SIGNED.upper())
        assert json.loads(unb64(answer.text.split(".")[1]))["token_introspection"] == INACTIVE

    @pytest.mark.parametrize("accept", ["*/*", "application/*", "application/jwt", "application/json"])
    async def test_who_accepts_anything_gets_json(self, oauth: AuthorizationWorld, accept: str):
        assert (await ask(oauth, oauth.acme, "unknown", accept)).json == INACTIVE

    async def test_a_signed_answer_is_no_token(self, oauth: AuthorizationWorld):
        """RFC 9701 section 8.1, RFC 8725 section 3.11."""
        token = (await oauth.tokens(oauth.acme))["access_token"]
        answer = await ask(oauth, oauth.acme, token, SIGNED)
        with pytest.raises(TokenInvalid):
            TokenVerifier(oauth.services.keys, oauth.clock).verify(BRAND, answer.text)
        assert await answer_to(oauth, oauth.acme, answer.text) == INACTIVE

    async def test_an_algorithm_that_no_key_signs_with_cannot_be_registered(self, oauth: AuthorizationWorld):
        for member in ("introspection_signed_response_alg", "userinfo_signed_response_alg"):
            with pytest.raises(FieldInvalid, match="no key signs with it"):
                await oauth.register("edward", KEYS["borough-1"], **{member: "EdDSA"})
