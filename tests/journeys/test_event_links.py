"""Events about payments of every product, and about consents that lost an account: each names a resource that its TPP can read, a standing
order and not its single payments. OBIE R/W 4.0 Event Notification, `http://openbanking.org.uk/rlk`.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

import pytest

from sandbox.tpp_kit.events import PREFIX, RESOURCE_UPDATE, Events
from sandbox.tpp_kit.payments import SCOPE, Payments
from sandbox.tpp_kit.vrp import RecurringPayments
from tests.harness.installations import EMBEDDED, PRODUCTION_LIKE
from tests.harness.judged import JudgedTpp
from tests.journeys import test_international_payments as abroad
from tests.journeys import test_scheduled_payments as scheduled
from tests.journeys import test_standing_orders as standing
from tests.journeys import test_vrp_payments as recurring
from tests.journeys.paying import agree_to
from tests.journeys.recurring import INITIATION, PARAMETERS, RISK, allow
from tests.journeys.test_account_consent_rules import EVERYDAY, SAVINGS
from tests.journeys.test_cut_off import move_to, now_of
from tests.journeys.test_event_callbacks import paid
from tests.journeys.test_event_polling import subject_of, subscribed


async def place_each(acme: JudgedTpp, day: datetime) -> dict[str, str]:
    """One payment of each product, those of a later day for `day`: the type of its resource, by its id."""
    placed = {await paid(acme): "domestic-payment"}
    later = await scheduled.ordered(acme, scheduled.on(day))
    placed[later["DomesticScheduledPaymentId"]] = "domestic-scheduled-payment"
    placed[await standing.placed(acme, standing.weekly(day))] = "domestic-standing-order"
    agreed = await agree_to(acme, (await abroad.lodge(acme))["ConsentId"])
    placed[(await abroad.order(acme, agreed)).json()["Data"]["InternationalPaymentId"]] = "international-payment"
    varied = await recurring.order(acme, await allow(acme))
    placed[varied.json()["Data"]["DomesticVRPId"]] = "domestic-vrp"
    return placed


async def heard_of(events: Events, wanted: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Poll until each of these was heard of: type and link of every resource that came, by its id."""
    heard: dict[str, tuple[str, str]] = {}
    ack: list[str] = []
    while not heard.keys() >= set(wanted):
        came, _ = await events.poll(waits=True, ack=ack)
        ack = [each["jti"] for each in came]
        for each in came:
            subject = subject_of(each)
            heard[subject["http://openbanking.org.uk/rid"]] = (subject["http://openbanking.org.uk/rty"], each["sub"])
    return heard


@pytest.mark.spec("OBIE-RW-4.0-event-notification")
async def test_the_link_of_each_event_is_a_resource_that_the_tpp_reads(installations):
    async with scheduled.bank(installations, EMBEDDED) as (acme, _):
        events, payments = Events(acme), Payments(acme)
        await subscribed(events, types=[RESOURCE_UPDATE])
        day = await now_of(acme) + timedelta(days=2)
        placed = await place_each(acme, day)
        await move_to(acme, day, time())
        (standing_order,) = [each for each, product in placed.items() if product == "domestic-standing-order"]
        assert await standing.made(payments, standing_order, 1) == ["ACCC"]
        afterwards = await paid(acme)
        heard = await heard_of(events, [*placed, afterwards])
        assert {each: product for each, (product, _) in heard.items()} == placed | {afterwards: "domestic-payment"}
        token = await acme.client_credentials_token(SCOPE)
        statuses = {link: (await acme.get(link, token)).status for _, link in heard.values()}
        assert set(statuses.values()) == {200}, statuses


async def varied(acme: JudgedTpp) -> str:
    """The id of a consent to recurring payments from an account of Alice's."""
    lodged = await RecurringPayments(acme).lodge(PARAMETERS, INITIATION, risk=RISK)
    pushed = await acme.push_authorization_request(lodged.id, f"openid {SCOPE}")
    await acme.decide(lodged.id, "approve", "alice", [EVERYDAY])
    await acme.redeem(await acme.authorize_without_page(pushed), pushed)
    return lodged.id


@pytest.mark.spec("OBIE-RW-4.0-event-notification")
@pytest.mark.parametrize("own_server", [PRODUCTION_LIKE], indirect=True)
async def test_a_consent_whose_account_moved_to_another_bank_is_heard_of_with_the_reason(own_server):
    async with JudgedTpp.of(own_server, "acme") as acme:
        events = Events(acme)
        types = {
            "account-access-consent": f"{PREFIX}account-access-consent-linked-account-update",
            "domestic-vrp-consent": f"{PREFIX}domestic-vrp-consent-linked-account-update",
        }
        await subscribed(events, types=list(types.values()))
        shared = (await acme.granted(accounts=[EVERYDAY, SAVINGS])).consent_id
        lost = {shared: "account-access-consent", await varied(acme): "domestic-vrp-consent"}
        moved = await acme.control(f"/accounts/{EVERYDAY.replace(' ', '%20')}/close", {"persona": "alice", "switched": True})
        assert moved.json() == {"closed": True, "consents_changed": 2}
        came, _ = await events.poll(waits=True)
        while len(came) < len(lost):
            came, _ = await events.poll(waits=True)
        heard = {}
        for each in came:
            ((kind, event),) = each["events"].items()
            heard[event["subject"]["http://openbanking.org.uk/rid"]] = (kind, event["reason"])
        assert heard == {consent_id: (types[product], "UK.OBIE.CASS") for consent_id, product in lost.items()}
        scopes = {"account-access-consent": "accounts", "domestic-vrp-consent": SCOPE}
        for each in came:
            product = subject_of(each)["http://openbanking.org.uk/rty"]
            assert (await acme.get(each["sub"], await acme.client_credentials_token(scopes[product]))).status == 200
