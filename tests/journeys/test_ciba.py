"""CIBA from outside, over real mTLS: a customer on another device answers on a page of ours, and their TPP polls or is pinged. FAPI-CIBA-ID1."""

import asyncio
import json
import secrets
from contextlib import asynccontextmanager

import pytest

from portcullis.cli.control_client import post
from sandbox.tpp_kit.answers import Refused
from sandbox.tpp_kit.backchannel import ask_customer, poll
from sandbox.tpp_kit.knobs import Knobs
from tests.harness.forms import Browser
from tests.harness.installations import EMBEDDED
from tests.harness.judged import JudgedTpp
from tests.harness.receiver import make_certificate, receiving
from tests.journeys.fapi import CIBA, check_error, module
from tests.journeys.scene import PRESENT

HERE = Knobs(headers=PRESENT)


async def new_tpp(server, **asked):
    name = f"ciba-{secrets.token_hex(4)}"
    document = {"name": name, "roles": ["AISP"], "profile": "fapi1-advanced", **asked}
    await asyncio.to_thread(post, server.state_dir, "/sandbox/tpps", document)
    return JudgedTpp.of(server, name)


@pytest.fixture
async def tpp(server):
    made = await new_tpp(server, ciba="poll")
    yield made
    await made.wire.close()


async def refused(call, *errors):
    with pytest.raises(Refused) as raised:
        await call
    check_error(raised.value.answer, *errors)


@asynccontextmanager
async def opened(tpp, name="alice"):
    """Their browser at the page of the newest request that waits for them."""
    async with Browser(tpp.folder.ca) as browser:
        await browser.open(f"{tpp.folder.issuer}/consents")
        await browser.press("login-submit", username=name, password=f"{name}-pw")
        path = browser.html.split('id="question-open-0" href="')[1].split('"')[0]
        await browser.open(tpp.folder.issuer + path)
        yield browser


@module("", "ensure-mtls-holder-of-key-required", "refresh-token", plan=CIBA)
@pytest.mark.spec("FAPI-CIBA-ID1-5.2.3")
async def test_a_customer_answers_on_another_device_and_their_accounts_are_read(tpp, acme):
    consent = await tpp.lodge_account_consent()
    code = f"K7-{secrets.token_hex(2)}"
    asked = await ask_customer(tpp, "alice", consent.id, binding_message=code)
    await refused(poll(tpp, asked), "authorization_pending")
    await refused(poll(tpp, asked), "slow_down")
    async with opened(tpp) as browser:
        assert code in browser.html
        await browser.press("consent-approve", account_0=True)
        assert "You have shared" in browser.html
    tokens = await poll(tpp, asked)
    assert tokens.claims["openbanking_intent_id"] == consent.id
    assert tokens.claims["acr"] == "urn:openbanking:psd2:sca"
    accounts = await tpp.get("/accounts", tokens.access_token, knobs=HERE)
    assert (accounts.status, len(accounts.json()["Data"]["Account"])) == (200, 1)
    with_another = Knobs(headers=PRESENT, certificate=acme.folder.transport)
    assert (await tpp.get("/accounts", tokens.access_token, knobs=with_another)).status == 401
    await refused(poll(tpp, asked), "invalid_grant")
    refreshed = await tpp.refresh(tokens.refresh_token)
    assert (await tpp.get("/accounts", refreshed.access_token, knobs=HERE)).status == 200


@module("user-rejects-authentication", plan=CIBA)
async def test_a_no_on_the_page_reaches_the_client(tpp):
    asked = await ask_customer(tpp, "alice", binding_message="no")
    async with opened(tpp) as browser:
        await browser.press("consent-deny")
        assert "Nothing was shared" in browser.html
    await refused(poll(tpp, asked), "access_denied")


@pytest.mark.parametrize(("verb", "error"), [("allow", None), ("deny", "access_denied")])
async def test_a_test_answers_in_the_customers_place(tpp, verb, error):
    asked = await ask_customer(tpp, "bob")
    answer = await tpp.wire.call(
        "POST", f"{tpp.folder.issuer}/sandbox/ciba/{asked.auth_req_id}/{verb}", certificate="none", headers={}
    )
    assert answer.status == 200, answer.body
    if error is None:
        tokens = await poll(tpp, asked)
        assert (await tpp.get("/accounts", tokens.access_token, knobs=HERE)).status == 200
    else:
        await refused(poll(tpp, asked), error)
    again = await tpp.control(f"/ciba/{asked.auth_req_id}/allow", {})
    assert again.status == 409


async def test_a_decision_about_the_consent_answers_the_request_that_waits(tpp):
    """`portcullis consent approve`, whichever way the consent is asked for."""
    consent = await tpp.lodge_account_consent()
    asked = await ask_customer(tpp, "alice", consent.id)
    await tpp.decide(consent.id, accounts=["Rainy day"])
    tokens = await poll(tpp, asked)
    accounts = (await tpp.get("/accounts", tokens.access_token, knobs=HERE)).json()["Data"]["Account"]
    assert [account["Nickname"] for account in accounts] == ["Rainy day"]


async def test_only_the_customer_who_is_asked_is_answered_for(tpp):
    asked = await ask_customer(tpp, "alice")
    answer = await tpp.control(f"/ciba/{asked.auth_req_id}/allow", {"persona": "bob"})
    assert answer.status == 400
    await refused(poll(tpp, asked), "authorization_pending")


# Pinged


@pytest.fixture(scope="session")
def receivers_certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("receiver"))


@pytest.fixture(scope="session")
def pinging_server(installations, receivers_certificate):
    """A sandbox that believes the receiver's certificate."""
    with installations.installation(EMBEDDED) as installation:
        installation.environment["PORTCULLIS_OUTBOUND_AUTHORITIES"] = str(receivers_certificate)
        yield installation.start()


@pytest.fixture
def receiver(receivers_certificate):
    with receiving(receivers_certificate) as opened:
        yield opened


@module(
    "",
    "user-rejects-authentication",
    "ping-backchannel-notification-endpoint-response-has-body",
    "ping-backchannel-notification-endpoint-response-401",
    "ping-backchannel-notification-endpoint-response-403",
    "ping-backchannel-notification-endpoint-return-redirect-request",
    "ping-with-mtls-ciba-notification-endpoint-response-401-and-require-server-does-not-retry",
    plan=CIBA,
)
async def test_a_tpp_is_pinged_once_for_yes_and_for_no(pinging_server, receiver):
    """After any answer, and never where its answer leads."""
    async with await new_tpp(pinging_server, ciba="ping", notification_uri=receiver.url("/ping")) as tpp:
        for status, verb in ((204, "allow"), (401, "deny"), (403, "allow"), (301, "allow")):
            receiver.answers["/ping"] = (status, {"Location": receiver.url("/another")})
            asked = await ask_customer(tpp, "alice")
            await tpp.control(f"/ciba/{asked.auth_req_id}/{verb}", {})
            shown = await receiver.next()
            assert (shown.path, json.loads(shown.body)) == ("/ping", {"auth_req_id": asked.auth_req_id})
            assert shown.authorization == f"Bearer {asked.notification_token}"
            assert shown.media_type == "application/json"
            if verb == "allow":
                assert (await poll(tpp, asked)).access_token
            else:
                await refused(poll(tpp, asked), "access_denied")
        assert receiver.came.empty()


async def test_no_client_is_pinged_at_an_address_that_is_not_allowed(pinging_server, receiver):
    """Loopback by number on a port of its own is listed in a sandbox; the addresses of others' networks are not."""
    async with (
        await new_tpp(pinging_server, ciba="ping", notification_uri="https://169.254.169.254/latest") as lost,
        await new_tpp(pinging_server, ciba="ping", notification_uri=receiver.url("/ping")) as found,
    ):
        first = await ask_customer(lost, "alice")
        second = await ask_customer(found, "alice")
        for tpp, asked in ((lost, first), (found, second)):
            assert (await tpp.control(f"/ciba/{asked.auth_req_id}/allow", {})).status == 200
        assert json.loads((await receiver.next()).body) == {"auth_req_id": second.auth_req_id}
        assert (await poll(lost, first)).access_token
