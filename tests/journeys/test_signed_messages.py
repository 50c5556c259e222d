"""FAPI 2.0 Message Signing and FAPI 1.0 Advanced from outside, over real mTLS: signed requests, signed answers, an id_token in front."""

import json
import time
from urllib.parse import parse_qsl, urlsplit

import pytest

from sandbox.tpp_kit.answers import Refused
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.signatures import verify_response
from tests.harness.forged import parts_of, unsigned
from tests.harness.forms import Browser
from tests.journeys.fapi import check_error


async def approved(tpp, url):
    """Alice approves by the forms; where she lands."""
    async with Browser(tpp.folder.ca) as browser:
        await browser.open(url)
        await browser.press("login-submit", username="alice", password="alice-pw")
        await browser.press("consent-approve", account_0=True)
        return browser.landed


async def reads(tpp, token):
    return (await tpp.get("/accounts", token)).status


@pytest.mark.conformance("fapi2-security-profile-final-happy-flow", "fapi1-advanced-final")
@pytest.mark.parametrize("kind", ["signing", "proving", "advanced"])
async def test_a_signed_request_is_pushed_and_its_answer_is_signed(tpp_of, kind):
    """The answer is one parameter, verified with the published keys by the TPP's own code."""
    tpp = await tpp_of(kind)
    consent = await tpp.lodge_account_consent()
    pushed = await tpp.push_authorization_request(consent.id)
    landed = await approved(tpp, await tpp.authorization_url(pushed.request_uri))
    assert set(dict(parse_qsl(urlsplit(landed).query))) == {"response"}
    assert urlsplit(landed).fragment == ""
    tokens = await tpp.redeem(await tpp.take_response(landed, pushed), pushed)
    assert tokens.claims["openbanking_intent_id"] == consent.id
    assert await reads(tpp, tokens.access_token) == 200


@pytest.mark.conformance("fapi1-advanced-final", "fapi1-advanced-final-ensure-valid-pkce-succeeds")
@pytest.mark.parametrize("pkce", [True, False], ids=["pkce", "no-pkce"])
async def test_a_browser_brings_a_request_and_takes_an_id_token_home(tpp_of, pkce):
    """c_hash, s_hash, nonce and the same subject as at the token endpoint. FAPI1-ADV 5.2.2.1."""
    tpp = await tpp_of("hybrid")
    consent = await tpp.lodge_account_consent()
    without = {} if pkce else {"code_challenge": None, "code_challenge_method": None}
    url, pushed = await tpp.request_by_value(consent.id, knobs=Knobs(object_claims=without))
    landed = await approved(tpp, url)
    assert urlsplit(landed).query == ""
    answer = dict(parse_qsl(urlsplit(landed).fragment))
    assert set(answer) == {"code", "state", "id_token", "iss"}
    code = await tpp.take_response(landed, pushed)
    tokens = await tpp.redeem(code, pushed, knobs=Knobs(form={} if pkce else {"code_verifier": None}))
    _, in_front, _ = parts_of(answer["id_token"])
    assert (in_front["iss"], in_front["sub"]) == (tokens.claims["iss"], tokens.claims["sub"])
    assert in_front["acr"] == "urn:openbanking:psd2:sca"
    assert await reads(tpp, tokens.access_token) == 200


@pytest.mark.conformance(
    "fapi1-advanced-final-user-rejects-authentication", "fapi2-security-profile-final-user-rejects-authentication"
)
@pytest.mark.parametrize("kind", ["signing", "hybrid", "advanced"])
async def test_a_refusal_comes_back_in_the_mode_that_was_asked_for(tpp_of, kind):
    tpp = await tpp_of(kind)
    consent = await tpp.lodge_account_consent()
    if kind == "hybrid":
        url, pushed = await tpp.request_by_value(consent.id)
    else:
        pushed = await tpp.push_authorization_request(consent.id)
        url = await tpp.authorization_url(pushed.request_uri)
    async with Browser(tpp.folder.ca) as browser:
        await browser.open(url)
        await browser.press("login-submit", username="alice", password="alice-pw")
        await browser.press("consent-deny")
    parts = urlsplit(browser.landed)
    answer = dict(parse_qsl(parts.fragment if kind == "hybrid" else parts.query))
    if kind != "hybrid":
        assert set(answer) == {"response"}
        keys = await tpp.published_keys()
        answer = verify_response(answer["response"], keys, issuer=tpp.folder.issuer, client_id=tpp.folder.client_id)
    assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", pushed.state, tpp.folder.issuer)


def defect(plan, name):
    return pytest.param(name, id=name, marks=pytest.mark.conformance(plan + name))


def now(offset=0):
    return int(time.time()) + 60 * offset


OF_FAPI1 = "ensure-request-object-without-scope-fails"
DEFECTS = {
    "ensure-request-object-without-exp-fails": lambda tpp: Knobs(object_claims={"exp": None}),
    "ensure-request-object-without-nbf-fails": lambda tpp: Knobs(object_claims={"nbf": None}),
    "ensure-expired-request-object-fails": lambda tpp: Knobs(object_claims={"nbf": now(-65), "exp": now(-60)}),
    "ensure-request-object-with-exp-over-60-fails": lambda tpp: Knobs(object_claims={"exp": now(70)}),
    "ensure-request-object-with-nbf-over-60-fails": lambda tpp: Knobs(object_claims={"nbf": now(-70)}),
    "ensure-request-object-with-bad-aud-fails": lambda tpp: Knobs(object_claims={"aud": "https://another.test"}),
    "ensure-signed-request-object-with-RS256-fails": lambda tpp: Knobs(object_header={"alg": "RS256"}),
    OF_FAPI1: lambda tpp: Knobs(object_claims={"scope": None}),
    "par-authorization-request-containing-request_uri": lambda tpp: Knobs(object_claims={"request_uri": "urn:x"}),
    "ensure-matching-key-in-authorization-request": lambda tpp: Knobs(
        object_jwk={**json.loads((tpp.server.state_dir / "tpps" / "acme" / "signing.jwks.json").read_text())["keys"][0]}
    ),
}


@pytest.mark.parametrize("name", [defect("fapi2-security-profile-final-", name) for name in DEFECTS if name != OF_FAPI1])
async def test_a_defective_object_is_refused_where_it_is_pushed(tpp_of, books, name):
    tpp = await tpp_of("signing")
    assert tpp.folder.signing_jwk["alg"] == "PS256"  # or RS256 could not be tried
    before = await books.watched()
    with pytest.raises(Refused) as refused:
        await tpp.push_authorization_request(None, knobs=DEFECTS[name](tpp))
    check_error(refused.value.answer, "invalid_request_object")
    await books.check_nothing_written(before)


@pytest.mark.conformance("fapi2-security-profile-final-ensure-unsigned-request-at-par-endpoint-fails")
async def test_an_unsigned_push_of_a_client_that_signs_is_refused(tpp_of):
    tpp = await tpp_of("signing")
    plain = {"request": None, "response_type": "code", "redirect_uri": tpp.folder.redirect_uris[0], "scope": "openid accounts"}
    with pytest.raises(Refused) as refused:
        await tpp.push_authorization_request(None, knobs=Knobs(form=plain))
    check_error(refused.value.answer, "invalid_request")


@pytest.mark.parametrize("name", [defect("fapi1-advanced-final-", name) for name in DEFECTS if not name.startswith("par-")])
async def test_a_defective_object_that_a_browser_brings_is_refused_in_the_fragment(tpp_of, books, name):
    """Never in the query, and with the state that its client knows."""
    tpp = await tpp_of("hybrid")
    before = await books.watched()
    url, pushed = await tpp.request_by_value(None, knobs=DEFECTS[name](tpp))
    async with Browser(tpp.folder.ca) as browser:
        await browser.open(url)
    parts = urlsplit(browser.landed)
    answer = dict(parse_qsl(parts.fragment))
    assert parts.query == ""
    assert set(answer) == {"error", "error_description", "state", "iss"}
    assert (answer["error"], answer["state"]) == ("invalid_request_object", pushed.state)
    await books.check_nothing_written(before)


@pytest.mark.conformance("fapi1-advanced-final-ensure-request-object-signature-algorithm-is-not-none")
async def test_an_unsigned_object_is_refused_at_both_doors(tpp_of):
    tpp = await tpp_of("hybrid")
    url, _ = await tpp.request_by_value(None)
    token = unsigned(dict(parse_qsl(urlsplit(url).query))["request"])
    async with Browser(tpp.folder.ca) as browser:
        await browser.open((await tpp.request_by_value(None, knobs=Knobs(query={"request": token})))[0])
    assert dict(parse_qsl(urlsplit(browser.landed).fragment))["error"] == "invalid_request_object"
    with pytest.raises(Refused) as refused:
        await tpp.push_authorization_request(None, knobs=Knobs(form={"request": token}))
    check_error(refused.value.answer, "invalid_request_object")


@pytest.mark.conformance("fapi1-advanced-final-ensure-registered-redirect-uri")
async def test_an_address_that_is_not_registered_gets_a_page(tpp_of):
    tpp = await tpp_of("hybrid")
    url, _ = await tpp.request_by_value(None, knobs=Knobs(object_claims={"redirect_uri": "https://evil.example/"}))
    async with Browser(tpp.folder.ca) as browser:
        await browser.open(url)
    assert (browser.landed, browser.status, browser.error_code) == ("", 400, "invalid_request")


async def test_the_same_address_opened_twice_is_one_request(tpp_of):
    """A reload before the answer goes on, a visit after it is refused."""
    tpp = await tpp_of("hybrid")
    consent = await tpp.lodge_account_consent()
    url, pushed = await tpp.request_by_value(consent.id)
    async with Browser(tpp.folder.ca) as first:
        await first.open(url)
        assert first.path == "/login"
    assert await tpp.take_response(await approved(tpp, url), pushed)
    async with Browser(tpp.folder.ca) as later:
        await later.open(url)
    answer = dict(parse_qsl(urlsplit(later.landed).fragment))
    assert (answer["error"], answer["state"]) == ("invalid_request_uri", pushed.state)


async def test_a_request_by_value_may_be_decided_before_its_page(tpp_of):
    tpp = await tpp_of("hybrid")
    consent = await tpp.lodge_account_consent()
    url, pushed = await tpp.request_by_value(consent.id)
    await tpp.decide(consent.id)
    assert (await tpp.redeem(await tpp.follow(url, pushed), pushed)).access_token
