"""FAPI 1.0 Advanced (Final), mirrored from outside: what its plans hold in addition to the signed messages themselves (test_signed_messages.py).

The profile contradicts FAPI 2.0 where it says who an assertion is for: `advanced` and `another` are its clients that push and read signed
answers, `hybrid` its client whose requests the browser brings.
"""

import time
from urllib.parse import parse_qsl, urlsplit

import pytest

from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.tpp import Refused
from tests.harness.forged import parts_of
from tests.harness.forms import Browser
from tests.harness.installations import EMBEDDED
from tests.harness.lifetimes import end_request
from tests.journeys.fapi import FAPI1, case, check_error, module, own, refused_redemption

pytestmark = pytest.mark.parametrize(
    "server", [EMBEDDED], indirect=True
)  # where things are stored does not depend on the profile

SCA = "urn:openbanking:psd2:sca"


def advanced(*names):
    return module(*names, plan=FAPI1)


def advanced_case(name, *values):
    return case(name, *values, plan=FAPI1)


async def code_of(tpp, **arguments):
    """A code that waits to be redeemed, and the request it belongs to."""
    consent = await tpp.lodge_account_consent()
    pushed = await tpp.push_authorization_request(consent.id, **arguments)
    await tpp.decide(consent.id)
    return await tpp.authorize_without_page(pushed), pushed


async def by_value(tpp, **knobs):
    """Alice approves what a browser brought; the parameters it takes home, and the request."""
    consent = await tpp.lodge_account_consent()
    url, pushed = await tpp.request_by_value(consent.id, knobs=Knobs(**knobs))
    async with Browser(tpp.folder.ca) as browser:
        await browser.open(url)
        await browser.press("login-submit", username="alice", password="alice-pw")
        await browser.press("consent-approve", account_0=True)
    return browser.landed, pushed


async def refused(call):
    with pytest.raises(Refused) as raised:
        await call
    return raised.value.answer


@pytest.mark.parametrize(
    "audience",
    [
        advanced_case("ensure-client-assertion-with-iss-aud-succeeds", lambda folder: folder.issuer),
        advanced_case("par-token-endpoint-url-as-audience-for-client-JWT-assertion", lambda folder: f"{folder.mtls}/token"),
        advanced_case("test-array-as-audience-for-client-JWT-assertion", lambda folder: [folder.issuer, f"{folder.mtls}/token"]),
    ],
)
async def test_an_assertion_is_for_the_issuer_or_the_endpoint_or_both(tpp_of, audience):
    tpp = await tpp_of("advanced")
    knobs = Knobs(assertion_claims={"aud": audience(tpp.folder)})
    assert await tpp.client_credentials_token(knobs=knobs)
    assert (await tpp.push_authorization_request(None, knobs=knobs)).request_uri


@advanced("par-test-pushed-authorization-url-as-audience-for-client-JWT-assertion")
async def test_an_assertion_for_the_par_endpoint_is_good_there_and_nowhere_else(tpp_of):
    tpp = await tpp_of("advanced")
    knobs = Knobs(assertion_claims={"aud": f"{tpp.folder.issuer}/par"})
    assert (await tpp.push_authorization_request(None, knobs=knobs)).request_uri
    check_error(await refused(tpp.client_credentials_token(knobs=knobs)), "invalid_client", status=(400, 401))


@pytest.mark.parametrize("endpoint", ["token", "par"])
@pytest.mark.parametrize(
    "knobs",
    [
        advanced_case("ensure-client-assertion-with-wrong-aud-fails", Knobs(assertion_claims={"aud": "https://another.test"})),
        advanced_case("par-ensure-client-assertion-with-wrong-aud-fails", Knobs(assertion_claims={"aud": ["https://another.test"]})),
        advanced_case("ensure-client-assertion-with-wrong-iss-fails", Knobs(assertion_claims={"iss": "somebody"})),
        advanced_case("par-ensure-client-assertion-with-wrong-iss-fails", Knobs(assertion_claims={"iss": None})),
        advanced_case("ensure-client-assertion-with-wrong-sub-fails", Knobs(assertion_claims={"sub": "somebody"})),
        advanced_case("par-ensure-client-assertion-with-wrong-sub-fails", Knobs(assertion_claims={"iss": "somebody", "sub": "somebody"})),
        advanced_case("ensure-client-assertion-with-no-sub-fails", Knobs(assertion_claims={"sub": None})),
        advanced_case("ensure-client-assertion-with-exp-is-5-minutes-in-past-fails", Knobs(assertion_claims={"exp": int(time.time()) - 300})),
        advanced_case("ensure-client-assertion-in-token-endpoint", Knobs(form={"client_assertion": None, "client_assertion_type": None})),
        advanced_case("ensure-signed-client-assertion-with-RS256-fails", Knobs(assertion_header={"alg": "RS256"})),
    ],
)  # fmt: skip
async def test_client_authentication_fails(tpp_of, books, knobs, endpoint):
    tpp = await tpp_of("another")
    assert tpp.folder.signing_jwk["alg"] == "PS256", "or RS256 could not be tried"
    before = await books.watched()
    call = (
        tpp.client_credentials_token if endpoint == "token" else lambda knobs: tpp.push_authorization_request(None, knobs=knobs)
    )
    check_error(await refused(call(knobs=knobs)), "invalid_client", status=(400, 401))
    await books.check_nothing_written(before)


@advanced("ensure-client-id-in-token-endpoint")
async def test_another_clients_id_with_ones_own_key(tpp_of):
    tpp, other = await tpp_of("advanced"), await tpp_of("another")
    answer = await refused(tpp.client_credentials_token(knobs=Knobs(form={"client_id": other.folder.client_id})))
    check_error(answer, "invalid_client", status=(400, 401))


@advanced("par-attempt-invalid-http-method")
async def test_par_by_another_method(tpp_of):
    tpp = await tpp_of("advanced")
    answer = await tpp.wire.call("PUT", f"{tpp.folder.issuer}/par", certificate="none", headers={})
    check_error(answer, "invalid_request", status=(405,))


@pytest.mark.parametrize(
    ("inside", "error"),
    [
        advanced_case("par-attempt-invalid-redirect_uri", {"redirect_uri": "https://evil.test/"}, "invalid_request"),
        advanced_case("par-ensure-pkce-required", {"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        advanced_case("par-plain-pkce-rejected", {"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
async def test_a_signed_push_that_asks_for_what_may_not_be_is_refused(tpp_of, books, inside, error):
    """The signature is good, so the request is judged as any other: not invalid_request_object."""
    tpp = await tpp_of("advanced")
    before = await books.watched()
    check_error(await refused(tpp.push_authorization_request(None, knobs=Knobs(object_claims=inside))), error)
    await books.check_nothing_written(before)


@advanced("par-without-duplicate-parameters")
async def test_client_id_and_request_uri_are_all_that_a_browser_must_bring(tpp_of):
    tpp = await tpp_of("advanced")
    code, pushed = await code_of(tpp)
    assert (await tpp.redeem(code, pushed)).claims["acr"] == SCA


@pytest.mark.parametrize(
    ("name", "value"),
    [
        advanced_case("ensure-request-object-with-64-char-nonce-success", "nonce", "n" * 64),
        advanced_case("ensure-request-object-with-long-nonce", "nonce", "n" * 384),
        advanced_case("ensure-request-object-with-long-state", "state", "s" * 1000),
    ],
)
async def test_long_values_come_back_unchanged(tpp_of, name, value):
    tpp = await tpp_of("advanced")
    code, pushed = await code_of(tpp, **{name: value})
    assert getattr(pushed, name) == value
    assert await tpp.redeem(code, pushed), "state is compared where the answer is read, nonce where the ID token is"


@pytest.mark.parametrize(
    "extra",
    [
        advanced_case("ensure-different-nonce-inside-and-outside-request-object", {"nonce": "outside"}),
        own("another-scope-outside", {"scope": "openid payments"}),
        own("another-state-outside", {"state": "outside"}),
    ],
)
async def test_parameters_outside_the_object_are_not_read(tpp_of, extra):
    tpp = await tpp_of("hybrid")
    landed, pushed = await by_value(tpp, query=extra)
    tokens = await tpp.redeem(await tpp.take_response(landed, pushed), pushed)
    assert tokens.claims["nonce"] == pushed.nonce
    assert tokens.scope == "openid accounts"


@advanced("ensure-other-scope-order-succeeds")
async def test_scopes_in_another_order(tpp_of):
    tpp = await tpp_of("advanced")
    code, pushed = await code_of(tpp, scope="accounts openid")
    assert set((await tpp.redeem(code, pushed)).scope.split()) == {"openid", "accounts"}


@advanced("test-essential-acr-sca-claim")
async def test_the_essential_acr_is_given_in_front_and_at_the_token_endpoint(tpp_of):
    tpp = await tpp_of("hybrid")
    consent = await tpp.lodge_account_consent()
    asked = {
        "openbanking_intent_id": {"value": consent.id, "essential": True},
        "acr": {"value": SCA, "essential": True},
    }
    url, pushed = await tpp.request_by_value(consent.id, knobs=Knobs(object_claims={"claims": {"id_token": asked}}))
    await tpp.decide(consent.id)
    answer = await tpp.wire.call("GET", url, certificate="none", headers={})
    landed = answer.header("Location")
    in_front = parts_of(dict(parse_qsl(urlsplit(landed).fragment))["id_token"])[1]
    tokens = await tpp.redeem(await tpp.take_response(landed, pushed), pushed)
    assert (in_front["acr"], tokens.claims["acr"]) == (SCA, SCA)


@advanced("par-attempt-reuse-request_uri", "par-ensure-reused-request-uri-prior-to-auth-completion-succeeds")
async def test_a_request_uri_may_be_visited_until_it_is_answered(tpp_of):
    tpp = await tpp_of("advanced")
    consent = await tpp.lodge_account_consent()
    pushed = await tpp.push_authorization_request(consent.id)
    url = await tpp.authorization_url(pushed.request_uri)
    async with Browser(tpp.folder.ca) as browser:
        for _ in range(2):
            await browser.open(url)
            assert browser.path == "/login"
        await browser.press("login-submit", username="alice", password="alice-pw")
        await browser.press("consent-approve", account_0=True)
        assert await tpp.take_response(browser.landed, pushed)
        await browser.open(url)
    assert await error_at(tpp, browser.landed) == ("invalid_request_uri", pushed.state)


@advanced("par-attempt-to-use-expired-request_uri")
async def test_an_expired_request_uri(tpp_of, server):
    tpp = await tpp_of("advanced")
    pushed = await tpp.push_authorization_request((await tpp.lodge_account_consent()).id)
    await end_request(server, pushed.request_uri)
    async with Browser(tpp.folder.ca) as browser:
        await browser.open(await tpp.authorization_url(pushed.request_uri))
    assert await error_at(tpp, browser.landed) == ("invalid_request_uri", pushed.state)


async def error_at(tpp, location):
    """The error and state of a signed answer."""
    parameters = dict(parse_qsl(urlsplit(location).query))
    assert set(parameters) == {"response"}
    answer = parts_of(parameters["response"])[1]
    assert (answer["iss"], answer["aud"]) == (tpp.folder.issuer, tpp.folder.client_id)
    return answer["error"], answer["state"]


@advanced("par-attempt-to-use-request_uri-for-different-client")
async def test_another_clients_request_uri(tpp_of):
    tpp, other = await tpp_of("advanced"), await tpp_of("another")
    pushed = await tpp.push_authorization_request((await tpp.lodge_account_consent()).id)
    async with Browser(tpp.folder.ca) as browser:
        await browser.open(await other.authorization_url(pushed.request_uri))
    assert browser.landed.startswith(other.folder.redirect_uris[0])
    assert "invalid_request" in browser.landed
    assert "code=" not in browser.landed


@advanced("ensure-mtls-holder-of-key-required")
async def test_no_token_without_a_certificate(tpp_of):
    tpp = await tpp_of("advanced")
    code, pushed = await code_of(tpp)
    check_error(await refused_redemption(tpp, code, pushed, certificate="none"), "invalid_request")
    assert (await tpp.redeem(code, pushed)).access_token


@advanced("ensure-authorization-code-is-bound-to-client")
async def test_anothers_code(tpp_of):
    tpp, other = await tpp_of("advanced"), await tpp_of("another")
    code, pushed = await code_of(tpp)
    check_error(await refused_redemption(other, code, pushed), "invalid_grant")
    assert (await tpp.redeem(code, pushed)).access_token


@advanced("incorrect-pkce-code-verifier-rejected")
async def test_another_code_verifier(tpp_of):
    tpp = await tpp_of("advanced")
    code, pushed = await code_of(tpp)
    check_error(await refused_redemption(tpp, code, pushed, form={"code_verifier": "v" * 64}), "invalid_grant")


@advanced("attempt-reuse-authorisation-code-after-one-second")
async def test_a_code_presented_twice_ends_what_it_gave(tpp_of):
    tpp = await tpp_of("advanced")
    code, pushed = await code_of(tpp)
    tokens = await tpp.redeem(code, pushed)
    check_error(await refused_redemption(tpp, code, pushed), "invalid_grant")
    assert (await tpp.get("/accounts", tokens.access_token)).status == 401


@advanced("access-token-type-header-case-sensitivity", "refresh-token")
async def test_a_refreshed_token_is_good_in_any_case_of_its_scheme(tpp_of):
    """Bound to the client and to a certificate; not rotated; useless to anyone else."""
    tpp, other = await tpp_of("advanced"), await tpp_of("another")
    code, pushed = await code_of(tpp)
    refresh_token = (await tpp.redeem(code, pushed)).refresh_token
    refreshed = await tpp.refresh(refresh_token)
    assert refreshed.refresh_token == refresh_token
    headers = {"Authorization": f"bEARER {refreshed.access_token}"}
    assert (await tpp.call("GET", f"{tpp.folder.mtls}/whoami", None, knobs=Knobs(headers=headers))).status == 200
    check_error(await refused(other.refresh(refresh_token)), "invalid_grant")
    check_error(await refused(tpp.refresh(refresh_token, knobs=Knobs(certificate="none"))), "invalid_request")
