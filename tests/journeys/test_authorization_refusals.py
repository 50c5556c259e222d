"""FAPI 2.0 Security Profile (Final), mirrored from outside: what is refused at PAR, at client authentication and at the
authorization endpoint. private_key_jwt, mTLS."""

import asyncio
import time
import uuid
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from sandbox.tpp_kit.answers import Refused
from sandbox.tpp_kit.authorization import authorization_form
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.signatures import ResponseInvalid
from tests.harness.forms import Browser
from tests.journeys.fapi import case, check_error, module, own, walked
from tests.journeys.scene import CONSENTS


def an_hour_ago_for_a_day() -> dict[str, int]:
    """The claims of an assertion that is long out of its five minutes, by its own claim or not."""
    issued = int(time.time()) - 3600
    return {"iat": issued, "nbf": issued, "exp": issued + 86_400}


@pytest.mark.parametrize(
    ("form", "allowed"),
    [
        case("ensure-request-object-without-redirect-uri-fails", {"redirect_uri": None}, ("invalid_request",)),
        case("ensure-redirect-uri-in-authorization-request", {"redirect_uri": None}, ("invalid_request",)),
        case("plain-fapi-tolerate-unregistered-redirect-uri", {"redirect_uri": "https://acme.tpp.test/other"}, ("invalid_request",)),
        case("ensure-registered-redirect-uri", {"redirect_uri": "https://acme.tpp.test/callback?more=1"}, ("invalid_request",)),
        case("ensure-response-type-code-idtoken-fails", {"response_type": "code id_token"}, ("unsupported_response_type",)),
        case("ensure-response-type-token-fails", {"response_type": "token"}, ("unsupported_response_type",)),
        case("par-ensure-pkce-required", {"code_challenge": None, "code_challenge_method": None}, ("invalid_request",)),
        case("par-plain-pkce-rejected", {"code_challenge_method": "plain"}, ("invalid_request",)),
        own("par-plain-pkce-rejected-by-default", {"code_challenge_method": None}, ("invalid_request",)),
        case("par-authorization-request-containing-request_uri-form-param", {"request_uri": "urn:ietf:params:oauth:request_uri:x"}, ("invalid_request",)),
        own("par-authorization-request-containing-request", {"request": "eyJhbGciOiJub25lIn0.e30."}, ("invalid_request",)),
        own("unknown-scope", {"scope": "openid accounts admin"}, ("invalid_scope",)),
        own("openid-alone", {"scope": "openid"}, ("invalid_scope",)),
        own("another-client", {"client_id": "somebody"}, ("invalid_client",)),
        own("claims-no-json", {"claims": "{"}, ("invalid_request",)),
        own("claims-twice", {"claims": '{"id_token":{},"id_token":{}}'}, ("invalid_request",)),
        own("response-mode-fragment", {"response_mode": "fragment"}, ("invalid_request",)),
        own("an-acr-that-cannot-be-met", {"claims": '{"id_token":{"acr":{"essential":true,"value":"urn:gold"}}}'}, ("invalid_request",)),
        own("a-client-secret", {"client_secret": "secret"}, ("invalid_client",)),
    ],
)  # fmt: skip
async def test_par_refuses(acme, books, form, allowed):
    consent = await acme.lodge_account_consent()
    before = await books.watched()
    with pytest.raises(Refused) as refused:
        await acme.push_authorization_request(consent.id, knobs=Knobs(form=form))
    check_error(refused.value.answer, *allowed, status=(400, 401))
    await books.check_nothing_written(before)


@pytest.mark.parametrize(
    "knobs",
    [
        case("par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails", lambda folder: Knobs(assertion_claims={"nbf": int(time.time()) + 3600})),
        case("par-test-array-as-audience-fails", lambda folder: Knobs(assertion_claims={"aud": [folder.issuer, f"{folder.mtls}/token"]})),
        own("par-test-array-of-one-as-audience-fails", lambda folder: Knobs(assertion_claims={"aud": [folder.issuer]})),
        case("par-test-par-endpoint-url-as-audience-fails", lambda folder: Knobs(assertion_claims={"aud": f"{folder.issuer}/par"})),
        case("par-test-token-endpoint-url-as-audience-fails", lambda folder: Knobs(assertion_claims={"aud": f"{folder.mtls}/token"})),
        case("ensure-client-assertion-with-wrong-aud-fails", lambda folder: Knobs(assertion_claims={"aud": "https://another.test"})),
        case("ensure-client-assertion-with-no-sub-fails", lambda folder: Knobs(assertion_claims={"sub": None})),
        own("ensure-client-assertion-with-another-iss-fails", lambda folder: Knobs(assertion_claims={"iss": "somebody"})),
        own("ensure-client-assertion-without-exp-fails", lambda folder: Knobs(assertion_claims={"exp": None})),
        own("ensure-client-assertion-without-jti-fails", lambda folder: Knobs(assertion_claims={"jti": None})),
        case("ensure-client-assertion-with-exp-is-5-minutes-in-past-fails", lambda folder: Knobs(assertion_claims={"exp": int(time.time()) - 300})),
        own("ensure-client-assertion-of-an-hour-ago-that-claims-a-day-fails", lambda folder: Knobs(assertion_claims=an_hour_ago_for_a_day())),
        case("ensure-signed-client-assertion-with-RS256-fails", lambda folder: Knobs(assertion_header={"alg": "RS256"})),
        own("ensure-signed-client-assertion-with-another-kid-fails", lambda folder: Knobs(assertion_header={"kid": "another"})),
        own("ensure-client-assertion-of-type-at+jwt-fails", lambda folder: Knobs(assertion_header={"typ": "at+jwt"})),
        case("ensure-client-assertion-in-token-endpoint", lambda folder: Knobs(form={"client_assertion": None, "client_assertion_type": None})),
        own("ensure-client-assertion-of-another-type-fails", lambda folder: Knobs(form={"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"})),
        own("ensure-client-assertion-is-a-jwt", lambda folder: Knobs(form={"client_assertion": "a.b.c"})),
    ],
)  # fmt: skip
@pytest.mark.parametrize("endpoint", ["token", "par", "revoke"])
async def test_client_authentication_fails(acme, books, knobs, endpoint):
    """Everywhere the same: who a client is does not depend on what it wants."""
    before = await books.watched()
    wrong = knobs(acme.folder)
    calls = {
        "token": lambda: acme.client_credentials_token(knobs=wrong),
        "par": lambda: acme.push_authorization_request(None, knobs=wrong),
        "revoke": lambda: acme.revoke("x", knobs=wrong),
    }
    with pytest.raises(Refused) as refused:
        await calls[endpoint]()
    check_error(refused.value.answer, "invalid_client", status=(400, 401))
    await books.check_nothing_written(before)


@module("ensure-client-id-in-token-endpoint")
async def test_another_clients_id_with_ones_own_key(acme, borough):
    stranger = borough.folder.client_id
    for knobs in (
        Knobs(form={"client_id": stranger}),
        Knobs(assertion_claims={"iss": stranger, "sub": stranger}, form={"client_id": stranger}),
        Knobs(signing_jwk=borough.folder.signing_jwk),
    ):
        with pytest.raises(Refused) as refused:
            await acme.client_credentials_token(knobs=knobs)
        check_error(refused.value.answer, "invalid_client", status=(400, 401))


@pytest.mark.spec("RFC7523-3")
async def test_an_assertion_is_good_for_one_use_at_all_endpoints_together(acme):
    knobs = Knobs(assertion_claims={"jti": str(uuid.uuid4())})
    assert await acme.client_credentials_token(knobs=knobs)
    for again in (acme.client_credentials_token(knobs=knobs), acme.push_authorization_request(None, knobs=knobs)):
        with pytest.raises(Refused) as refused:
            await again
        check_error(refused.value.answer, "invalid_client", status=(400, 401))


async def test_an_assertion_sent_by_many_at_once_is_taken_once(acme):
    await acme.discover()
    knobs = Knobs(assertion_claims={"jti": str(uuid.uuid4())})
    outcomes = await asyncio.gather(*(acme.client_credentials_token(knobs=knobs) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 1


@module("par-attempt-invalid-http-method")
@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
async def test_par_by_another_method(acme, method):
    url = (await acme.discover())["pushed_authorization_request_endpoint"]
    answer = await acme.wire.call(method, url, certificate="none", headers={})
    check_error(answer, "invalid_request", status=(405,))
    assert answer.header("Allow") == "POST"


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("application/x-www-form-urlencoded", b"client_id=a&client_id=b", 400),
        ("application/x-www-form-urlencoded", b"client_id=%zz", 400),
        ("application/x-www-form-urlencoded", b"client_id=\xff", 400),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * 70_000, 413),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(200)), 400),
    ],
)
@pytest.mark.parametrize("path", ["par", "token", "revoke"])
async def test_a_form_that_is_none(acme, path, content_type, body, status):
    headers = {"Content-Type": content_type}
    answer = await acme.wire.call("POST", f"{acme.folder.mtls}/{path}", certificate="own", headers=headers, body=body)
    check_error(answer, "invalid_request", status=(status,))
    assert await acme.client_credentials_token()


@module("ensure-unsigned-authorization-request-without-using-par-fails")
async def test_a_request_that_was_not_pushed(acme, browser):
    consent = await acme.lodge_account_consent()
    pushed = await acme.push_authorization_request(consent.id)
    form = authorization_form(acme.folder.client_id, replace(pushed, state="front"))
    endpoint = (await acme.discover())["authorization_endpoint"]
    await browser.open(f"{endpoint}?{urlencode(form)}")
    assert (browser.answer["error"], browser.answer["state"]) == ("invalid_request", "front")
    await browser.open(f"{endpoint}?{urlencode(form | {'redirect_uri': 'https://evil.test/'})}")
    assert (browser.landed, browser.status, browser.error_code) == ("", 400, "invalid_request")


@module("par-attempt-reuse-request_uri")
async def test_a_request_uri_is_good_for_one_completion(acme, books):
    browser, pushed = await walked(acme, (await acme.lodge_account_consent()).id)
    before = await books.watched()
    async with Browser(acme.folder.ca) as second:
        await second.open(await acme.authorization_url(pushed.request_uri))
        assert second.landed.startswith(pushed.redirect_uri + "?")
        assert (second.answer["error"], second.answer["state"]) == ("invalid_request_uri", pushed.state)
    await books.check_nothing_written(before)
    assert (await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)).access_token


@module("par-attempt-to-use-request_uri-for-different-client")
async def test_another_clients_request_uri(acme, borough, browser):
    pushed = await acme.push_authorization_request((await acme.lodge_account_consent()).id)
    await browser.open(await borough.authorization_url(pushed.request_uri))
    assert browser.landed.startswith(borough.folder.redirect_uris[0] + "?")
    assert browser.answer["error"] == "invalid_request"
    assert not {"code", "state"} & browser.answer.keys()


@pytest.mark.parametrize(
    "request_uri", ["urn:ietf:params:oauth:request_uri:made-up", "https://evil.test/request.jwt", "x" * 5000]
)
async def test_an_unknown_request_uri_is_refused(acme, browser, request_uri):
    """Acme has one address only, so there is no doubt where to say so."""
    await browser.open(await acme.authorization_url(request_uri))
    assert browser.landed.startswith(acme.folder.redirect_uris[0] + "?")
    assert browser.answer["error"] in {"invalid_request_uri", "request_uri_not_supported"}
    assert not {"code", "state"} & browser.answer.keys()


async def test_no_request_uri_and_no_request(acme, browser):
    await browser.open(await acme.authorization_url(""))
    assert (browser.landed, browser.status, browser.error_code) == ("", 400, "invalid_request")


@module("ensure-server-handles-non-matching-intent-id")
async def test_the_consent_of_another_client(acme, borough, browser):
    consent = await borough.lodge_account_consent()
    pushed = await acme.push_authorization_request(consent.id)
    await browser.open(await acme.authorization_url(pushed.request_uri))
    assert browser.answer["error"] == "access_denied"
    token = await borough.client_credentials_token()
    assert (await borough.get(f"{CONSENTS}/{consent.id}", token)).json()["Data"]["Status"] == "AWAU"


@pytest.mark.spec("FAPI2-SP-FINAL-5.3.3")
async def test_the_redirect_is_for_this_request_and_of_this_server(acme, browser):
    consent = await acme.lodge_account_consent()
    pushed = await acme.push_authorization_request(consent.id)
    other = await acme.push_authorization_request((await acme.lodge_account_consent()).id)
    await acme.decide(consent.id)
    await browser.open(await acme.authorization_url(pushed.request_uri))
    with pytest.raises(ResponseInvalid, match="state"):
        acme.read_authorization_response(browser.landed, other)
    assert browser.answer["iss"] == acme.folder.issuer
    assert "Referrer-Policy" in browser.headers
