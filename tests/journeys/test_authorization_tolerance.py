"""FAPI 2.0 Security Profile (Final), mirrored from outside: what a server must say of itself, and what it must put up with."""

import json
import secrets
import time

import pytest

from sandbox.tpp_kit.knobs import AS_IT_SHOULD_BE, Knobs
from tests.harness.forged import parts_of
from tests.harness.forms import Browser
from tests.harness.judged import JudgedTpp
from tests.journeys.fapi import case, module, own, push_as, walked


@module("discovery-end-point-verification")
@pytest.mark.parametrize("name", ["openid-configuration", "oauth-authorization-server"])
async def test_metadata_says_what_fapi_asks_for(acme, name):
    answer = await acme.wire.call("GET", f"{acme.folder.issuer}/.well-known/{name}", certificate="none", headers={})
    metadata = answer.json()
    assert (answer.status, answer.header("Content-Type")) == (200, "application/json")
    assert metadata["issuer"] == acme.folder.issuer
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert metadata["tls_client_certificate_bound_access_tokens"] is True
    for member, needed in {
        "response_types_supported": {"code"},
        "code_challenge_methods_supported": {"S256"},
        "token_endpoint_auth_methods_supported": {"private_key_jwt"},
        "grant_types_supported": {"authorization_code", "client_credentials", "refresh_token"},
        "scopes_supported": {"openid", "accounts"},
        "claims_supported": {"acr", "openbanking_intent_id"},
        "acr_values_supported": {"urn:openbanking:psd2:sca"},
        "token_endpoint_auth_signing_alg_values_supported": {"PS256", "ES256"},
    }.items():
        assert needed <= set(metadata[member]), member
    assert set(metadata["id_token_signing_alg_values_supported"]) <= {"PS256", "ES256", "EdDSA", "Ed25519"}
    assert all(url.startswith("https://") for key, url in metadata.items() if key.endswith("_endpoint"))
    aliases = metadata["mtls_endpoint_aliases"]
    assert set(aliases) <= metadata.keys() - {"authorization_endpoint"}
    assert all(url.startswith(acme.folder.mtls) for url in aliases.values())
    keys = (await acme.wire.call("GET", metadata["jwks_uri"], certificate="none", headers={})).json()["keys"]
    assert len({key["kid"] for key in keys}) == len(keys)
    assert not any({"d", "p", "q"} & key.keys() for key in keys)


@module("happy-flow")
async def test_a_second_client_with_a_query_in_its_redirect_uri(acme):
    """A 128-character state, and the registered address's own query stays as it is."""
    name = f"t{secrets.token_hex(6)}"
    redirect_uri = f"https://{name}.tpp.test/callback?dummy1=lorem&dummy2=ipsum"
    made = await acme.control("/tpps", {"name": name, "redirect_uris": [redirect_uri], "alg": "ES256"})
    assert made.status == 200, made.body
    async with JudgedTpp.of(acme.server, name) as second:
        consent = await second.lodge_account_consent()
        browser, pushed = await walked(second, consent.id, state="s" * 128)
        assert browser.landed.startswith(f"{redirect_uri}&")
        assert set(browser.answer) == {"code", "state", "iss", "dummy1", "dummy2"}
        tokens = await second.redeem(second.read_authorization_response(browser.landed, pushed), pushed)
        for accept in ("application/json;charset=UTF-8", "application/json, application/*", "*/*"):
            answer = await second.get(
                "/accounts",
                tokens.access_token,
                knobs=Knobs(headers={"Accept": accept, "x-fapi-customer-ip-address": "2001:db8::1"}),
            )
            assert answer.status == 200
        stolen = await acme.get("/accounts", tokens.access_token)
        assert stolen.status == 401


@module("user-rejects-authentication")
@pytest.mark.parametrize("name", ["acme", "borough"])
async def test_the_user_rejects(server, name):
    async with JudgedTpp.of(server, name) as tpp, Browser(tpp.folder.ca) as browser:
        pushed = await tpp.push_authorization_request((await tpp.lodge_account_consent()).id)
        await browser.open(await tpp.authorization_url(pushed.request_uri))
        await browser.press("login-submit", username="alice", password="alice-pw")
        await browser.press("consent-deny")
        assert browser.answer["error"] == "access_denied"
        assert browser.answer["state"] == pushed.state
        assert set(browser.answer) <= {"error", "error_description", "state", "iss"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        case("ensure-authorization-request-without-state-success", "state", None),
        case("ensure-authorization-request-without-nonce-success", "nonce", None),
        case("ensure-authorization-request-with-64-char-nonce-success", "nonce", "n" * 64),
        case("ensure-authorization-request-with-long-nonce", "nonce", "n" * 384),
        case("ensure-authorization-request-with-long-state", "state", "s" * 1000),
    ],
)
async def test_state_and_nonce_come_back_unchanged_or_not_at_all(acme, name, value):
    consent = await acme.lodge_account_consent()
    pushed = await acme.push_authorization_request(consent.id, knobs=Knobs(form={name: value}))
    await acme.decide(consent.id)
    async with Browser(acme.folder.ca) as browser:
        await browser.open(await acme.authorization_url(pushed.request_uri))
    sent_state = value if name == "state" else pushed.state
    assert browser.answer.get("state") == sent_state
    form = {
        "grant_type": "authorization_code",
        "code": browser.answer["code"],
        "redirect_uri": pushed.redirect_uri,
        "code_verifier": pushed.code_verifier,
    }
    answer = await acme._post("token_endpoint", form, AS_IT_SHOULD_BE)
    assert answer.status == 200
    claims = parts_of(answer.json()["id_token"])[1]
    assert claims.get("nonce") == (value if name == "nonce" else pushed.nonce)
    assert "s_hash" not in claims


@module("ensure-other-scope-order-succeeds")
async def test_scopes_in_another_order(acme):
    browser, pushed = await walked(acme, (await acme.lodge_account_consent()).id, scope="accounts openid")
    tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    assert set(tokens.scope.split()) == {"openid", "accounts"}


@module("test-claims-parameter-identity-claims", "test-essential-acr-sca-claim")
async def test_unknown_claims_are_ignored_and_the_essential_acr_is_given(acme):
    consent = await acme.lodge_account_consent()
    asked = {
        "openbanking_intent_id": {"value": consent.id, "essential": True},
        "acr": {"value": "urn:openbanking:psd2:sca", "essential": True},
        "email": {"essential": True},
        "name": None,
    }
    claims = json.dumps({"id_token": asked, "userinfo": {"phone_number": None}})
    pushed = await acme.push_authorization_request(consent.id, knobs=Knobs(form={"claims": claims}))
    await acme.decide(consent.id)
    tokens = await acme.redeem(await acme.authorize_without_page(pushed), pushed)
    assert tokens.claims["acr"] == "urn:openbanking:psd2:sca"
    assert not {"email", "name"} & tokens.claims.keys()


@module("access-token-type-header-case-sensitivity")
@pytest.mark.parametrize("scheme", ["bEARER", "BEARER", "bearer"])
async def test_the_scheme_in_any_case(acme, grant, scheme):
    answer = await acme.call(
        "GET", f"{acme.folder.mtls}/whoami", None, knobs=Knobs(headers={"Authorization": f"{scheme} {grant.token}"})
    )
    assert answer.status == 200


@pytest.mark.parametrize(
    "query",
    [
        case("par-without-duplicate-parameters", ""),
        case("ensure-different-state-inside-and-outside-request-object", "&state=outside"),
        case("ensure-different-nonce-inside-and-outside-request-object", "&nonce=outside&response_type=code&scope=openid"),
        own(
            "par-without-duplicate-parameters-duplicated",
            "&redirect_uri=https%3A%2F%2Fevil.test%2F&response_type=token&scope=payments",
        ),
    ],
)
async def test_other_parameters_than_the_request_uri_are_ignored(acme, query):
    consent = await acme.lodge_account_consent()
    browser, pushed = await walked(acme, consent.id, query=query)
    assert browser.answer["state"] == pushed.state
    tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    assert tokens.claims["nonce"] == pushed.nonce
    assert tokens.scope == "openid accounts"


@module("state-only-outside-request-object-not-used")
async def test_a_state_that_only_the_browser_carries_is_not_used(acme):
    browser, _ = await walked(
        acme, (await acme.lodge_account_consent()).id, query="&state=outside", knobs=Knobs(form={"state": None})
    )
    assert "state" not in browser.answer
    assert "code" in browser.answer


@module("par-ensure-reused-request-uri-prior-to-auth-completion-succeeds")
async def test_two_visits_before_the_login(acme):
    consent = await acme.lodge_account_consent()
    pushed = await acme.push_authorization_request(consent.id)
    url = await acme.authorization_url(pushed.request_uri)
    async with Browser(acme.folder.ca) as browser:
        await browser.open(url)
        assert browser.path == "/login"
        await browser.open(url)
        await browser.press("login-submit", username="alice", password="alice-pw")
        await browser.press("consent-approve", account_0=True)
    assert (await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)).access_token


@module("par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted")
async def test_a_clock_that_is_eight_seconds_ahead(acme):
    ahead = int(time.time()) + 8
    assert await push_as(acme, Knobs(assertion_claims={"nbf": ahead, "iat": ahead})) is None
