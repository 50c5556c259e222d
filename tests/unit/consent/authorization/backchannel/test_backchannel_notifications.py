"""The notification of a client that its customer has answered: one POST, for any answer to it. CIBA section 10.2."""

import json

import pytest

from consent.authorization.backchannel.notifier import ATTEMPTS_MAX, RETRY_AFTER
from consent.authorization.clients.registry import replace_client
from kernel.http.outbound.fetcher import Unanswered
from kernel.storage.lease import LeaseLost
from tests.harness.damage.oauth import spoil_notifications
from tests.unit.consent.authorization.backchannel.test_backchannel_requests import module
from tests.world.backchannel import GRANT_TYPE, NOTIFICATION_TOKEN, NOTIFICATION_URI, Backchannel
from tests.world.brands import BRAND
from tests.world.keys import KEYS


@module("", "user-rejects-authentication")
@pytest.mark.parametrize("answer", ["approve", "deny"])
@pytest.mark.spec("OIDC-CIBA-10.2")
async def test_yes_and_no_are_notified_alike_and_once(backchannel_anywhere: Backchannel, answer: str):
    """The body is the auth_req_id alone: what was answered is for the token endpoint."""
    backchannel = backchannel_anywhere
    auth_req_id = await backchannel.asked(backchannel.pinged)
    await backchannel.notify()
    assert backchannel.receiver.received == []
    await getattr(backchannel, answer)()
    for _ in range(2):
        await backchannel.notify()
    ((url, body, headers),) = backchannel.receiver.received
    assert url == NOTIFICATION_URI
    assert json.loads(body) == {"auth_req_id": auth_req_id}
    assert headers == {"Authorization": f"Bearer {NOTIFICATION_TOKEN}", "Content-Type": "application/json"}
    (row,) = await backchannel.requests()
    assert (row.notification, row.notify_at) == (None, None)  # the client's token is not kept


@module(
    "ping-backchannel-notification-endpoint-response-has-body",
    "ping-backchannel-notification-endpoint-response-401",
    "ping-backchannel-notification-endpoint-response-403",
    "ping-with-mtls-ciba-notification-endpoint-response-401-and-require-server-does-not-retry",
    "ping-backchannel-notification-endpoint-return-redirect-request",
)
@pytest.mark.parametrize("status", [200, 204, 301, 401, 403, 500])
async def test_any_answer_ends_it_and_the_tokens_are_there(backchannel: Backchannel, status: int):
    backchannel.receiver.answers = [status]
    auth_req_id = await backchannel.asked(backchannel.pinged)
    await backchannel.approve()
    await backchannel.notify()
    backchannel.world.advance(seconds=2 * RETRY_AFTER.total_seconds())
    await backchannel.notify()
    assert len(backchannel.receiver.received) == 1
    assert (await backchannel.poll(backchannel.pinged, auth_req_id)).status == 200


async def test_a_client_that_polls_is_not_pinged(backchannel: Backchannel):
    await backchannel.asked(backchannel.polls)
    await backchannel.approve()
    await backchannel.notify()
    assert backchannel.receiver.received == []


async def test_where_no_answer_comes_it_is_tried_again_a_few_times(backchannel: Backchannel):
    """An address that must not be asked, or a host that is away; each is counted, and the client may still poll."""
    backchannel.receiver.answers = [Unanswered("away")]
    auth_req_id = await backchannel.asked(backchannel.pinged, requested_expiry=900)
    await backchannel.approve()
    held, notifier = backchannel.lease(), backchannel.notifier()
    assert await held.acquire()
    for attempt in range(1, ATTEMPTS_MAX + 2):
        await notifier.run(held)
        await notifier.run(held)
        assert len(backchannel.receiver.received) == min(attempt, ATTEMPTS_MAX)
        backchannel.world.advance(seconds=RETRY_AFTER.total_seconds())
        await held.renew()
    assert notifier.unanswered == ATTEMPTS_MAX
    (row,) = await backchannel.requests()
    assert (row.notification, row.notify_at) == (None, None)
    assert (await backchannel.poll(backchannel.pinged, auth_req_id)).status == 200


async def test_a_notification_lost_with_its_server_is_sent_by_the_next(backchannel: Backchannel):
    """Its attempt was taken and never noted: the next one is sent."""
    await backchannel.asked(backchannel.pinged)
    await backchannel.approve()
    held = backchannel.lease()
    assert await held.acquire()
    assert len(await backchannel.notifier()._take_due(held)) == 1
    await held.release()
    await backchannel.notify()
    assert backchannel.receiver.received == []
    backchannel.world.advance(seconds=RETRY_AFTER.total_seconds())
    await backchannel.notify()
    assert len(backchannel.receiver.received) == 1


async def test_a_notification_that_cannot_be_read_does_not_hold_up_the_others(backchannel: Backchannel):
    """Sealed with a key that is gone, say: it is closed, and the others are notified."""
    await backchannel.asked(backchannel.pinged)
    await backchannel.approve()
    await spoil_notifications(backchannel.world.database)
    auth_req_id = await backchannel.asked(backchannel.pinged)
    await backchannel.approve()
    await backchannel.notify()
    assert [json.loads(body) for _, body, _ in backchannel.receiver.received] == [{"auth_req_id": auth_req_id}]
    assert [row.notify_at for row in await backchannel.requests()] == [None, None]


async def test_a_notifier_without_the_lease_sends_nothing(backchannel: Backchannel):
    await backchannel.asked(backchannel.pinged)
    await backchannel.approve()
    before, after = backchannel.lease(), backchannel.lease()
    assert await before.acquire()
    backchannel.world.advance(minutes=2)
    assert await after.acquire()
    with pytest.raises(LeaseLost):
        await backchannel.notifier().run(before)
    assert backchannel.receiver.received == []


async def test_an_address_that_was_unregistered_meanwhile_receives_nothing(backchannel: Backchannel):
    """Its owner may have lost it; the address of now is notified instead."""
    for endpoint in ("https://moved.example/ping", None):
        pinged = await backchannel.register("moving", "acme-1", "ping")
        await backchannel.asked(pinged)
        await backchannel.approve()
        client = pinged.client
        moved = backchannel.world.metadata(
            "moving",
            KEYS["acme-1"],
            security_profile=client.security_profile,
            response_types=client.response_types,
            grant_types=client.grant_types if endpoint else client.grant_types - {GRANT_TYPE},
            backchannel_token_delivery_mode="ping" if endpoint else None,
            backchannel_client_notification_endpoint=endpoint,
        )
        await replace_client(backchannel.world.services, BRAND, client.id, moved)
        await backchannel.notify()
        assert [url for url, _, _ in backchannel.receiver.received] == ["https://moved.example/ping"]
    assert [row.notification for row in await backchannel.requests()] == [None, None]
