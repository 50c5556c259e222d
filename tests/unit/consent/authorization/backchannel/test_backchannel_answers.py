"""The answer of a customer, on a page of ours or in their place, and what their client gets for it. CIBA sections 10 and 11."""

import asyncio
import json
import re
from datetime import timedelta
from typing import Any

import pytest

from consent.authorization.backchannel.rows import INTERVAL_SECONDS
from consent.errors import SignersUnable, oauth_error
from consent.ports import AccountRemoval
from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.consents import ConsentState
from kernel.ids import hash_secret
from sandbox.decisions.backchannel import decide_request
from tests.harness.statements import statements_of
from tests.unit.consent.authorization.backchannel.test_backchannel_requests import module
from tests.world.backchannel import GRANT_TYPE, Backchannel
from tests.world.brands import BRAND
from tests.world.browser import Browser
from tests.world.customers import ACCOUNTS, account
from tests.world.keys import unb64
from tests.world.signing import BERLIN_GROUP
from tests.world.tpp import SCA

PENDING, SLOW = (400, "authorization_pending"), (400, "slow_down")
UNKNOWN, DENIED, EXPIRED = (400, "invalid_grant"), (400, "access_denied"), (400, "expired_token")


def claims_of(token: str) -> dict[str, Any]:
    return json.loads(unb64(token.split(".")[1]))


async def consent_of(backchannel: Backchannel) -> Any:
    (row,) = await backchannel.requests()
    return await backchannel.world.services.store.load(BRAND, row.consent_id)


@module("")
@pytest.mark.spec("OIDC-CIBA-10.1")
async def test_alice_answers_on_a_page_of_ours_and_the_client_gets_tokens_once(backchannel_anywhere: Backchannel):
    """No nonce and no c_hash: nothing went through a browser of the client's."""
    backchannel, tpp = backchannel_anywhere, backchannel_anywhere.polls
    auth_req_id = await backchannel.asked(tpp, binding_message="K7-42", acr_values=SCA)
    assert (await backchannel.poll(tpp, auth_req_id)).error == PENDING
    page = await backchannel.open_request()
    for words in ("Polls", "K7-42", "Everyday current account", "Rainy day savings"):
        assert words in page.text
    assert "Old account" not in page.text
    await page.approve(1)
    assert page.path == "/consents"
    assert "You have shared the accounts" in page.text
    assert "Waiting for your answer" not in page.text
    answer = await backchannel.poll(tpp, auth_req_id)
    assert answer.status == 200, answer.text
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token", "grant_id"}
    claims = claims_of(answer.json["id_token"])
    assert claims["acr"] == SCA
    assert not {"nonce", "c_hash", "s_hash", "urn:openid:params:jwt:claim:auth_req_id"} & claims.keys()
    assert (await backchannel.poll(tpp, auth_req_id)).error == UNKNOWN
    assert await backchannel.world.family_state(answer.json["access_token"]) == "active"
    consent = await consent_of(backchannel)
    assert (consent.state, consent.psu_id) == (ConsentState.AUTHORISED, "psu-alice")
    assert [reference.upstream_id for reference in consent.accounts] == ["up-2"]
    (kept,) = await backchannel.world.services.store.authorisations(BRAND, consent.id)
    assert (kept.approach, kept.status, kept.evidence.method) == ("decoupled", AuthorisationStatus.SUCCEEDED, "device")
    assert kept.shown.accounts == ("Rainy day savings, ending 4321",)


@module("user-rejects-authentication")
async def test_a_no_reaches_the_client_and_rejects_the_consent(backchannel_anywhere: Backchannel):
    backchannel, tpp = backchannel_anywhere, backchannel_anywhere.polls
    auth_req_id = await backchannel.asked(tpp)
    page = await backchannel.deny()
    assert "Nothing was shared" in page.text
    for _ in range(2):
        assert (await backchannel.poll(tpp, auth_req_id)).error == DENIED
    consent = await consent_of(backchannel)
    assert consent.state is ConsentState.REJECTED
    (kept,) = await backchannel.world.services.store.authorisations(BRAND, consent.id)
    assert kept.status is AuthorisationStatus.FAILED


@module("auth-req-id-expired")
async def test_what_was_not_answered_in_time_is_over(backchannel: Backchannel):
    auth_req_id = await backchannel.asked(backchannel.polls, requested_expiry=10)
    page = await backchannel.open_request()
    backchannel.world.advance(seconds=11)
    assert (await backchannel.poll(backchannel.polls, auth_req_id)).error == EXPIRED
    await page.approve(0)
    assert page.status == 409
    assert "its time is over" in page.text
    assert (await consent_of(backchannel)).state is ConsentState.AWAITING
    assert "Waiting for your answer" not in (await backchannel.visit()).text


async def test_an_answer_that_was_not_fetched_in_time_is_over_too(backchannel: Backchannel):
    auth_req_id = await backchannel.asked(backchannel.polls, requested_expiry=30)
    await backchannel.approve()
    backchannel.world.advance(seconds=31)
    assert (await backchannel.poll(backchannel.polls, auth_req_id)).error == EXPIRED


@module("multiple-call-to-token-endpoint")
@pytest.mark.spec("OIDC-CIBA-11")
async def test_a_client_that_polls_too_often_must_slow_down(backchannel_anywhere: Backchannel):
    """CIBA section 11: and from then on five seconds more are asked for. An answer is given whenever it is there."""
    backchannel, tpp = backchannel_anywhere, backchannel_anywhere.polls
    auth_req_id = await backchannel.asked(tpp)
    assert [(await backchannel.poll(tpp, auth_req_id)).error for _ in range(3)] == [PENDING, SLOW, SLOW]
    backchannel.world.advance(seconds=INTERVAL_SECONDS)
    assert (await backchannel.poll(tpp, auth_req_id)).error == SLOW
    backchannel.world.advance(seconds=4 * INTERVAL_SECONDS)
    assert (await backchannel.poll(tpp, auth_req_id)).error == PENDING
    await backchannel.approve()
    assert (await backchannel.poll(tpp, auth_req_id)).status == 200


async def test_a_client_that_keeps_the_interval_is_never_too_early(backchannel: Backchannel):
    """Even if the network brings the second poll closer to the first."""
    auth_req_id = await backchannel.asked(backchannel.polls)
    for _ in range(3):
        assert (await backchannel.poll(backchannel.polls, auth_req_id)).error == PENDING
        backchannel.world.clock.advance(timedelta(seconds=INTERVAL_SECONDS - 0.5))


async def test_polls_at_the_same_moment_count_each(backchannel_anywhere: Backchannel):
    backchannel, tpp = backchannel_anywhere, backchannel_anywhere.polls
    auth_req_id = await backchannel.asked(tpp)
    answers = await asyncio.gather(*(backchannel.poll(tpp, auth_req_id) for _ in range(4)))
    assert sorted(answer.error for answer in answers) == [PENDING, SLOW, SLOW, SLOW]


@module(
    "ensure-wrong-auth-req-id-in-token-endpoint-request",
    "ensure-without-client-assertion-in-token-endpoint-request",
    "ensure-client-assertion-signature-algorithm-in-token-endpoint-request-is-RS256-fails",
    "ensure-client-assertion-with-iss-aud-to-token-endpoint-succeeds",
)
async def test_an_auth_req_id_is_worth_nothing_to_anyone_else(backchannel: Backchannel):
    world, tpp = backchannel.world, backchannel.polls
    auth_req_id = await backchannel.asked(tpp)
    await backchannel.approve()
    assert (await backchannel.poll(backchannel.pinged, auth_req_id)).error == UNKNOWN
    assert (await backchannel.poll(tpp, "another")).error == UNKNOWN
    assert (await world.token(tpp, GRANT_TYPE)).error == (400, "invalid_request")
    stranger = {"client_assertion": None, "client_assertion_type": None, "client_id": tpp.client.id}
    assert (await backchannel.poll(tpp, auth_req_id, **stranger)).error == (401, "invalid_client")
    weak = tpp.key.jwt(tpp.assertion_claims(), alg="RS256")
    assert (await backchannel.poll(tpp, auth_req_id, client_assertion=weak)).error == (401, "invalid_client")
    by_issuer = tpp.assertion(aud=BRAND.issuer)
    assert (await backchannel.poll(tpp, auth_req_id, client_assertion=by_issuer)).status == 200


async def test_an_unknown_auth_req_id_begins_no_transaction(backchannel: Backchannel):
    """SQLite has one writer: a client that guesses would take it from those who answer."""
    services, tpp = backchannel.world.services, backchannel.polls
    auth_req_id = await backchannel.asked(tpp)
    with statements_of(services.database) as asked:
        assert (await backchannel.poll(tpp, "another")).error == UNKNOWN
    assert asked.all
    assert asked.writing == []
    with statements_of(services.database) as asked:
        assert (await backchannel.poll(tpp, auth_req_id)).error == PENDING
    assert asked.writing != []


@module("ensure-mtls-holder-of-key-required")
async def test_tokens_are_bound_to_the_certificate_of_the_poll(backchannel: Backchannel):
    auth_req_id = await backchannel.asked(backchannel.polls)
    await backchannel.approve()
    assert (await backchannel.poll(backchannel.polls, auth_req_id, presented=False)).error == (400, "invalid_request")
    answer = await backchannel.poll(backchannel.polls, auth_req_id)
    token = backchannel.world.verifier.verify(BRAND, answer.json["access_token"])
    assert token.confirmation.value == backchannel.polls.certificate.thumbprint


@module("refresh-token")
async def test_a_refresh_token_goes_on(backchannel: Backchannel):
    auth_req_id = await backchannel.asked(backchannel.polls)
    await backchannel.approve()
    refresh_token = (await backchannel.poll(backchannel.polls, auth_req_id)).json["refresh_token"]
    refreshed = await backchannel.world.token(backchannel.polls, "refresh_token", refresh_token=refresh_token)
    assert refreshed.status == 200, refreshed.text


async def test_of_polls_that_redeem_at_once_one_gets_tokens(backchannel_anywhere: Backchannel):
    backchannel, tpp = backchannel_anywhere, backchannel_anywhere.polls
    auth_req_id = await backchannel.asked(tpp)
    await backchannel.approve()
    answers = await asyncio.gather(*(backchannel.poll(tpp, auth_req_id) for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [200, 400, 400]
    assert {answer.error for answer in answers if answer.status == 400} == {UNKNOWN}


async def test_of_answers_at_once_one_counts(backchannel_anywhere: Backchannel):
    """Yes and no pressed in two windows: the consent, the request and the tokens say the same."""
    backchannel = backchannel_anywhere
    auth_req_id = await backchannel.asked(backchannel.polls)
    yes, no = await backchannel.open_request(), await backchannel.open_request()
    await asyncio.gather(yes.approve(0), no.deny())
    said = await backchannel.poll(backchannel.polls, auth_req_id)
    state = (await consent_of(backchannel)).state
    assert (said.status, state) in {(200, ConsentState.AUTHORISED), (400, ConsentState.REJECTED)}
    assert sorted([yes.status, no.status]) == [200, 409]


# On the page


async def test_a_request_is_its_customers_alone(backchannel: Backchannel):
    """Bob sees nothing of it, at any address that he types."""
    await backchannel.asked(backchannel.polls)
    (row,) = await backchannel.requests()
    browser = await backchannel.visit("dave")
    assert "Polls" not in browser.text
    path = f"/consents/requests/{row.id}"
    assert (await browser.get(path)).status == 404
    other = await backchannel.visit("dave")
    assert (await other.send(path, {"form_token": other.token, "action": "deny"})).status == 404
    assert (await browser.get("/consents/requests/none")).status == 409
    assert (await consent_of(backchannel)).state is ConsentState.AWAITING


async def test_an_answer_needs_a_login_and_a_form_of_this_site(backchannel: Backchannel):
    auth_req_id = await backchannel.asked(backchannel.polls)
    page = await backchannel.open_request()
    path, fields = page.path, {"account": page.handles[:1]}
    assert (await page.send(path, {"form_token": "forged", **fields})).status == 403
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert (await page.send(path, {"form_token": page.token, **fields}, foreign)).status == 403
    token, page.cookies = page.token, {}
    assert (await page.send(path, {"form_token": token, **fields})).status == 303
    assert (await backchannel.poll(backchannel.polls, auth_req_id)).error == PENDING


async def test_approving_without_an_account_asks_again(backchannel: Backchannel):
    await backchannel.asked(backchannel.polls)
    page = await backchannel.open_request()
    path = page.path
    await page.post({})
    assert page.path == path
    assert "Choose at least one account" in page.text


async def test_who_has_nothing_to_share_can_only_say_no(backchannel: Backchannel):
    auth_req_id = await backchannel.asked(backchannel.polls, login_hint="dave")
    page = await backchannel.open_request("dave")
    assert "You have no account to share" in page.text
    assert not page.shows("consent-approve")
    await page.deny()
    assert (await backchannel.poll(backchannel.polls, auth_req_id)).error == DENIED


async def test_an_account_that_was_just_closed_is_not_shared(backchannel: Backchannel):
    await backchannel.asked(backchannel.polls)
    page = await backchannel.open_request()
    await backchannel.world.services.store.remove_account(BRAND, "up-1", AccountRemoval.CLOSED)
    await page.approve(0)
    assert "has just been closed" in page.text
    assert (await consent_of(backchannel)).state is ConsentState.AWAITING


async def test_a_consent_withdrawn_meanwhile_cannot_be_given(backchannel: Backchannel):
    consent = await backchannel.world.lodge(backchannel.polls)
    wanted = {"id_token": {"openbanking_intent_id": {"value": consent.id}}}
    await backchannel.asked(backchannel.polls, claims=wanted)
    page = await backchannel.open_request()
    await backchannel.world.services.store.withdraw(BRAND, backchannel.polls.client.caller, consent.id)
    await page.approve(0)
    assert page.status == 400
    assert page.shows("main")


async def test_a_consent_revoked_after_the_answer_leaves_nothing_to_fetch(backchannel: Backchannel):
    auth_req_id = await backchannel.asked(backchannel.polls)
    await backchannel.approve()
    (row,) = await backchannel.requests()
    await backchannel.world.services.store.revoke_by_psu(BRAND, "psu-alice", row.consent_id)
    assert (await backchannel.poll(backchannel.polls, auth_req_id)).error == UNKNOWN


async def test_a_consent_given_again_ends_the_tokens_of_before(backchannel: Backchannel):
    """And shares the accounts that it shared before: none is chosen."""
    consent = await backchannel.world.lodge(backchannel.polls)
    wanted = {"id_token": {"openbanking_intent_id": {"value": consent.id}}}
    first = await backchannel.asked(backchannel.polls, claims=wanted)
    await backchannel.approve(0)
    token = (await backchannel.poll(backchannel.polls, first)).json["access_token"]
    second = await backchannel.asked(backchannel.polls, claims=wanted)
    page = await backchannel.open_request()
    assert page.handles == []
    await page.post({})
    assert (await backchannel.poll(backchannel.polls, second)).status == 200
    assert await backchannel.world.family_state(token) == "ended"


def names_of(browser: Browser) -> list[str]:
    return re.findall(r'id="question-\d+">([^<]*)<', browser.html)


async def test_one_clients_many_requests_hide_no_other_from_the_customer(
    backchannel_anywhere: Backchannel, monkeypatch: pytest.MonkeyPatch
):
    """The newest of each organisation comes first, however many clients it asks by; the rest is a page away."""
    backchannel = backchannel_anywhere
    monkeypatch.setattr("consent.customer.dashboard.asked.PAGE_MAX", 3)
    sibling = await backchannel.register("sibling", "acme-1", "poll", organisation_id=backchannel.polls.client.organisation_id)
    await backchannel.asked(backchannel.pinged)
    for tpp in (backchannel.polls, sibling) * 2:
        backchannel.world.advance(seconds=1)
        await backchannel.asked(tpp)
    browser = await backchannel.visit()
    assert names_of(browser) == ["Sibling", "Pinged", "Polls"]
    assert 'id="questions-previous"' not in browser.html
    following = browser.html.split('id="questions-next" href="')[1].split('"')[0]
    await browser.get(following)
    assert names_of(browser) == ["Sibling", "Polls"]
    assert 'id="questions-next"' not in browser.html
    for none in ("0", "-1", "9", "1000", "x", "\u0661"):
        assert names_of(await browser.get(f"/consents?asked={none}")) == ["Sibling", "Pinged", "Polls"]


async def test_an_answer_that_another_signer_could_not_give_too_is_none(
    backchannel: Backchannel, monkeypatch: pytest.MonkeyPatch
):
    """The request waits on, for a choice that can be signed."""
    joint = account("up-j", "Home", "80200144443333", signatures=2, signers=("c-alice", "c-bob"))
    for customer in ("c-alice", "c-bob"):
        monkeypatch.setitem(ACCOUNTS, customer, (joint, *ACCOUNTS[customer]))  # type: ignore[arg-type]
    consent = await backchannel.world.lodge(backchannel.polls, lodged_as=BERLIN_GROUP)
    wanted = {"id_token": {"openbanking_intent_id": {"value": consent.id, "essential": True}}}
    auth_req_id = await backchannel.asked(backchannel.polls, claims=wanted)
    page = await backchannel.approve(0, 1)
    assert "Someone who must agree too cannot share all of these accounts" in page.text
    assert (await consent_of(backchannel)).state is ConsentState.AWAITING
    services, alice = backchannel.world.services, backchannel.identity.psu("alice")
    with pytest.raises(SignersUnable) as refused:
        await decide_request(services, BRAND, hash_secret(auth_req_id), alice, approve=True)
    assert oauth_error(refused.value) == (400, "access_denied")
    assert (await backchannel.poll(backchannel.polls, auth_req_id)).error == PENDING
    await page.approve(0)
    assert (await consent_of(backchannel)).state is ConsentState.PARTIALLY_AUTHORISED
