"""A TPP that polls for events, over mutual TLS on both installations: a customer stops a consent, and the TPP learns of it by a Security Event
Token that it verifies. OBIE R/W 4.0 Event Subscriptions, Aggregated Polling; RFC 8417, RFC 8936.
"""

import uuid
from typing import Any

import pytest

from sandbox.tpp_kit.events import CONSENT_REVOKED, RESOURCE_UPDATE, Events
from sandbox.tpp_kit.wire import Answer
from tests.harness.forms import Browser
from tests.harness.judged import JudgedTpp


def fault_of(answer: Answer) -> tuple[int, str | None, str | None]:
    error = answer.json()["Errors"][0] if answer.body else {}
    return answer.status, error.get("ErrorCode"), error.get("Path")


async def stopped(tpp: JudgedTpp, browser: Browser) -> str:
    """A consent that Alice gave and then stopped on her dashboard: its id."""
    consent = await tpp.lodge_account_consent()
    await tpp.authorised(consent.id)
    await browser.open(f"{tpp.folder.issuer}/consents")
    await browser.press("login-submit", username="alice", password="alice-pw")
    await browser.open(f"{tpp.folder.issuer}/consents/{consent.id}/revoke")
    await browser.press("revoke-confirm")
    return consent.id


async def subscribed(events: Events, **terms: Any) -> str:
    """The id of the client's one subscription, with these terms."""
    for each in (await events.subscriptions()).json()["Data"]["EventSubscription"]:
        assert (await events.end(each["EventSubscriptionId"])).status == 204
    answer = await events.subscribe(**terms)
    assert answer.status == 201, answer.body
    subscription_id: str = answer.json()["Data"]["EventSubscriptionId"]
    return subscription_id


async def next_of(events: Events, subject_id: str) -> dict[str, Any]:
    """The next event about a resource; others, of other tests, are acknowledged on the way."""
    ack: list[str] = []
    while True:
        came, _ = await events.poll(waits=True, ack=ack)
        ack = [each["jti"] for each in came if subject_of(each)["http://openbanking.org.uk/rid"] != subject_id]
        if mine := next((each for each in came if each["jti"] not in ack), None):
            return mine


def subject_of(claims: dict[str, Any]) -> dict[str, Any]:
    (event,) = claims["events"].values()
    subject: dict[str, Any] = event["subject"]
    return subject


@pytest.mark.spec(
    "OBIE-RW-4.0-event-subscriptions",
    "OBIE-RW-4.0-aggregated-polling",
    "OBIE-RW-4.0-event-notification-api",
    "RFC8936-2.2",
    "RFC8936-2.4",
    "RFC8417-2.2",
)
async def test_a_tpp_learns_by_a_poll_that_a_customer_stopped_a_consent(acme: JudgedTpp, browser: Browser):
    events = Events(acme)
    await subscribed(events, types=[CONSENT_REVOKED])
    consent_id = await stopped(acme, browser)
    claims = await next_of(events, consent_id)
    link = f"{acme.folder.resource_base}/account-access-consents/{consent_id}"
    assert claims["sub"] == link
    assert uuid.UUID(claims["jti"]).version == 4
    assert list(claims["events"]) == [CONSENT_REVOKED]
    assert subject_of(claims) == {
        "subject_type": "http://openbanking.org.uk/rid_http://openbanking.org.uk/rty",
        "http://openbanking.org.uk/rid": consent_id,
        "http://openbanking.org.uk/rty": "account-access-consent",
        "http://openbanking.org.uk/rlk": [{"version": "v4.0", "link": link}],
    }
    again, _ = await events.poll()
    assert claims in again, "what is not acknowledged is given again, the same"
    left, more = await events.poll(ack=[each["jti"] for each in again])
    assert (left, more) == ([], False)


@pytest.mark.spec("OBIE-RW-4.0-event-subscriptions")
@pytest.mark.parametrize("scope", ["accounts", "payments", "fundsconfirmations"])
async def test_a_client_has_one_subscription_and_changes_and_ends_it_under_any_scope(acme: JudgedTpp, scope: str):
    events = Events(acme, scope)
    subscription_id = await subscribed(events)
    assert fault_of(await events.subscribe()) == (409, "U029", None)
    changed = await events.change(subscription_id, types=[RESOURCE_UPDATE])
    assert (changed.status, changed.json()["Data"]["EventTypes"]) == (200, [RESOURCE_UPDATE])
    (read,) = (await events.subscriptions()).json()["Data"]["EventSubscription"]
    assert read == {"EventSubscriptionId": subscription_id, "Version": "4.0", "EventTypes": [RESOURCE_UPDATE]}
    assert (await events.end(subscription_id)).status == 204
    assert fault_of(await events.end(subscription_id)) == (400, "U011", None)
    assert fault_of(await events.change(subscription_id)) == (400, "U011", None)


async def test_a_subscription_and_an_event_of_another_client_are_unknown(acme: JudgedTpp, borough: JudgedTpp, browser: Browser):
    events, others = Events(acme), Events(borough)
    subscription_id = await subscribed(events, types=[CONSENT_REVOKED])
    assert fault_of(await others.change(subscription_id)) == (400, "U011", None)
    assert fault_of(await others.end(subscription_id)) == (400, "U011", None)
    consent_id = await stopped(acme, browser)
    claims = await next_of(events, consent_id)
    await others.poll(ack=[claims["jti"]], errors={"another": {"err": "jwtAud", "description": "not ours"}})
    assert claims in (await events.poll())[0]


async def test_an_event_that_could_not_be_taken_is_not_given_again(acme: JudgedTpp, browser: Browser):
    events = Events(acme)
    await subscribed(events, types=[CONSENT_REVOKED])
    claims = await next_of(events, await stopped(acme, browser))
    error = {"err": "jwtCrypto", "description": "the key is unknown"}
    left, _ = await events.poll(errors={claims["jti"]: error})
    assert claims not in left


def subscription(**data: Any) -> dict[str, Any]:
    return {"Data": {"Version": "4.0", **data}}


BAD_SUBSCRIPTIONS = {
    "no data": ({}, ("U004", "Data")),
    "no version": ({"Data": {}}, ("U004", "Data.Version")),
    "another version": (subscription(Version="3.1"), ("U002", "Data.Version")),
    "unknown type": (subscription(EventTypes=["urn:x"]), ("U024", "Data.EventTypes[0]")),
    "no types": (subscription(EventTypes=[]), ("U002", "Data.EventTypes")),
    "a type twice": (subscription(EventTypes=[RESOURCE_UPDATE] * 2), ("U002", "Data.EventTypes")),
    "a type that is a number": (subscription(EventTypes=[1]), ("U002", "Data.EventTypes[0]")),
    "a member too many": ({**subscription(), "Risk": {}}, ("U005", "Risk")),
}


@pytest.mark.parametrize(("body", "fault"), BAD_SUBSCRIPTIONS.values(), ids=BAD_SUBSCRIPTIONS)
async def test_a_bad_subscription_is_refused_where_it_is_bad(acme: JudgedTpp, body: Any, fault: tuple[str, str]):
    assert fault_of(await Events(acme).send("POST", "/event-subscriptions", body)) == (400, *fault)


BAD_POLLS = {
    "less than none": ({"maxEvents": -1}, ("U002", "maxEvents")),
    "a text": ({"maxEvents": "ten"}, ("U002", "maxEvents")),
    "no list": ({"ack": "x"}, ("U002", "ack")),
    "an empty jti": ({"ack": [""]}, ("U002", "ack[0]")),
    "half an error": ({"setErrs": {"x": {"err": "jwtAud"}}}, ("U004", "setErrs[...].description")),
    "both": ({"ack": ["x"], "setErrs": {"x": {"err": "e", "description": "d"}}}, ("U002", "setErrs.x")),
    "a member too many": ({"more": 1}, ("U005", "more")),
}


@pytest.mark.parametrize(("body", "fault"), BAD_POLLS.values(), ids=BAD_POLLS)
async def test_a_bad_poll_is_refused_where_it_is_bad(acme: JudgedTpp, body: Any, fault: tuple[str, str]):
    assert fault_of(await Events(acme).post("/events", {"returnImmediately": True, **body})) == (400, *fault)


async def test_a_subscription_is_signed_and_a_poll_takes_a_client_s_own_token(acme: JudgedTpp, grant):
    events = Events(acme)
    token = await acme.client_credentials_token()
    assert fault_of(await events.post("/event-subscriptions", subscription(), token=token)) == (400, "U019", "x-jws-signature")
    assert (await events.post("/events", {}, token=grant.token)).status == 401
