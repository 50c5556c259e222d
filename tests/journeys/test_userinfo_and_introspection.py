"""Questions of a TPP to the authorization server about a customer and about its own tokens, from outside. OIDC Core 5.3, RFC 7662, RFC 9701."""

import json

from joserfc import jwt
from joserfc.jwk import KeySet

from sandbox.tpp_kit.knobs import Knobs
from tests.journeys.dpop import enrolled
from tests.journeys.fapi import module, walked

SIGNED = "application/token-introspection+jwt"


async def published(tpp) -> KeySet:
    metadata = await tpp.discover()
    return KeySet.import_key_set((await tpp.wire.call("GET", metadata["jwks_uri"], certificate="none", headers={})).json())


@module("test-claims-parameter-identity-claims")
async def test_a_client_reads_the_name_that_it_asked_for_under_a_consent_that_opens_it(acme):
    consent = await acme.lodge_account_consent(("ReadAccountsBasic", "ReadPartyPSU"))
    intent = {"openbanking_intent_id": {"value": consent.id, "essential": True}}
    claims = json.dumps({"userinfo": {"name": None, "no-such-claim": None}, "id_token": {**intent, "name": None}})
    browser, pushed = await walked(acme, consent.id, knobs=Knobs(form={"claims": claims}))
    tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    answer = await acme.userinfo(tokens.access_token)
    assert answer.status == 200, answer.body
    assert answer.json()["sub"] == tokens.claims["sub"]
    assert set(answer.json()) == {"sub", "name"}
    assert answer.json()["name"].startswith("Alice")


async def test_both_kinds_of_token_are_known_to_their_client_until_they_end(acme, borough):
    grant = await acme.granted()
    for token in (grant.token, grant.tokens.refresh_token):
        assert (await acme.introspect(token)).json()["active"] is True
        assert (await borough.introspect(token)).json() == {"active": False}
    signed = await acme.introspect(grant.token, knobs=Knobs(headers={"Accept": SIGNED}))
    assert (signed.status, signed.header("Content-Type")) == (200, SIGNED)
    claims = jwt.decode(signed.body.decode(), await published(acme), algorithms=["PS256"]).claims
    assert (claims["aud"], claims["token_introspection"]["active"]) == (acme.folder.client_id, True)
    await acme.delete(f"/account-access-consents/{grant.consent_id}", await acme.client_credentials_token())
    for token in (grant.token, grant.tokens.refresh_token):
        assert (await acme.introspect(token)).json() == {"active": False}
    assert (await acme.userinfo(grant.token)).status == 401


async def test_a_token_bound_to_a_key_opens_userinfo_with_a_proof_only(acme):
    async with await enrolled(acme, "dora") as dora:
        grant = await dora.granted()
        assert (await dora.userinfo(grant.token)).json() == {"sub": grant.tokens.claims["sub"]}
        refused = await dora.userinfo(grant.token, knobs=Knobs(proof="never"))
        assert (refused.status, refused.json()["error"]) == (401, "invalid_dpop_proof")
        assert (await dora.introspect(grant.token)).json()["cnf"] == {"jkt": dora.prover.thumbprint}
