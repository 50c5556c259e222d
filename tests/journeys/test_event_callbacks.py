"""A TPP that is called back: a Security Event Token comes to its address, over TLS, also after the bank's server was killed in between; the same
event waits for its polls until the address took it. OBIE R/W 4.0 Real Time Event Notification, Event Notification Retry Policy.
"""

import pytest

from sandbox.tpp_kit.events import CALLBACK_END, CONSENT_REVOKED, MEDIA_TYPE, RESOURCE_UPDATE, Events
from sandbox.tpp_kit.payments import Payments
from tests.harness.forms import Browser
from tests.harness.installations import EMBEDDED, PRODUCTION_LIKE
from tests.harness.judged import JudgedTpp
from tests.harness.receiver import make_certificate, receiving
from tests.journeys.paying import INITIATION, RISK, agree
from tests.journeys.test_event_polling import fault_of, next_of, stopped, subject_of, subscribed

LISTENER = "listener"
CALLBACKS = "/callback-urls"


async def paid(tpp: JudgedTpp) -> str:
    """The id of a payment that Alice agreed to and that was ordered."""
    agreed = await agree(tpp)
    order = await Payments(tpp).order(agreed.token, agreed.consent_id, INITIATION, risk=RISK)
    assert order.status == 201, order.body
    order_id: str = order.json()["Data"]["DomesticPaymentId"]
    return order_id


async def listening_tpp(server) -> JudgedTpp:
    """A TPP that has registered a host at which the test listens."""
    async with JudgedTpp.of(server, "acme") as acme:
        made = await acme.control("/tpps", {"name": LISTENER, "redirect_uris": ["https://localhost:9443/callback"]})
        assert made.status == 200, made.body
    return JudgedTpp.of(server, LISTENER)


@pytest.mark.parametrize("kind", [EMBEDDED, PRODUCTION_LIKE])
async def test_a_callback_survives_the_death_of_the_server_and_bears_the_same_jti(installations, tmp_path, kind):
    certificate = make_certificate(tmp_path)
    with receiving(certificate) as receiver, installations.installation(kind) as server:
        server.environment["PORTCULLIS_OUTBOUND_AUTHORITIES"] = str(certificate)
        server.start()
        receiver.answers[CALLBACK_END] = (503, {})
        async with await listening_tpp(server) as tpp, Browser(tpp.folder.ca) as browser:
            events = Events(tpp)
            await subscribed(events, callback_url=receiver.url(CALLBACK_END), types=[CONSENT_REVOKED])
            consent_id = await stopped(tpp, browser)
            came = await receiver.next()
            assert (came.path, came.media_type) == (CALLBACK_END, MEDIA_TYPE)
            assert {name.lower() for name in came.headers} >= {"x-fapi-interaction-id"}
            first = await events.verified(came.body.decode())
            assert subject_of(first)["http://openbanking.org.uk/rid"] == consent_id
            assert await next_of(events, consent_id) == first, "until it is taken it waits for polls too"
        server.kill()
        server.start()
        receiver.answers[CALLBACK_END] = (202, {})
        async with JudgedTpp.of(server, LISTENER) as tpp:
            events = Events(tpp)
            again = await events.verified((await receiver.next()).body.decode())
            assert again == first
            left, _ = await events.poll(waits=False)
            while left:  # until the delivery is recorded
                left, _ = await events.poll(waits=True)
            assert receiver.came.empty()


HOSTILE = {
    "another's host": "https://borough.tpp.test" + CALLBACK_END,
    "inside": "https://127.0.0.1" + CALLBACK_END,
    "metadata": "https://169.254.169.254" + CALLBACK_END,
    "plain http": "http://acme.tpp.test" + CALLBACK_END,
    "another path": "https://acme.tpp.test/notifications",
    "a user": "https://me:pw@acme.tpp.test" + CALLBACK_END,
    "a query": "https://acme.tpp.test/?x=" + CALLBACK_END,
    "a fragment": "https://acme.tpp.test/#" + CALLBACK_END,
    "no URL": "https://[acme" + CALLBACK_END,
    "no host": "https://" + CALLBACK_END,
    "a registered host that has no address": "https://acme.tpp.test" + CALLBACK_END,
}


@pytest.mark.parametrize("url", HOSTILE.values(), ids=HOSTILE)
async def test_an_address_that_may_not_be_asked_is_refused_before_it_is_stored(acme: JudgedTpp, url):
    events = Events(acme)
    refused = await events.subscribe(callback_url=url)
    assert fault_of(refused) == (400, "U002", "Data.CallbackUrl")


@pytest.mark.spec("OBIE-RW-4.0-callback-url")
async def test_a_callback_url_is_the_older_form_of_the_one_subscription(installations, tmp_path):
    """It is called with updates of resources alone, and stands in the way of another subscription."""
    certificate = make_certificate(tmp_path)
    with receiving(certificate) as receiver, installations.installation(EMBEDDED) as server:
        server.environment["PORTCULLIS_OUTBOUND_AUTHORITIES"] = str(certificate)
        server.start()
        receiver.answers[CALLBACK_END] = (202, {})
        url = receiver.url(CALLBACK_END)
        async with await listening_tpp(server) as tpp:
            events = Events(tpp)
            made = await events.send("POST", CALLBACKS, {"Data": {"Url": url, "Version": "4.0"}})
            assert made.status == 201, made.body
            callback_id = made.json()["Data"]["CallbackUrlId"]
            (read,) = (await events.subscriptions(CALLBACKS)).json()["Data"]["CallbackUrl"]
            assert read == {"CallbackUrlId": callback_id, "Url": url, "Version": "4.0"}
            assert (await events.subscriptions()).json()["Data"]["EventSubscription"] == []
            assert fault_of(await events.subscribe()) == (409, "U029", None)
            assert fault_of(await events.end(callback_id)) == (400, "U011", None), "in its own form alone"
            changed = {"Data": {"Url": url, "Version": "v4.0"}}
            assert (await events.send("PUT", f"{CALLBACKS}/{callback_id}", changed)).status == 200
            bad = await events.send("POST", CALLBACKS, {"Data": {"Url": "http://localhost/x", "Version": "4.0"}})
            assert fault_of(bad) == (400, "U002", "Data.Url")
            order_id = await paid(tpp)
            claims = await events.verified((await receiver.next()).body.decode())
            assert (list(claims["events"]), claims["sub"].rpartition("/")[2]) == ([RESOURCE_UPDATE], order_id)
            assert subject_of(claims)["http://openbanking.org.uk/rty"] == "domestic-payment"
            assert (await events.end(callback_id, CALLBACKS)).status == 204
