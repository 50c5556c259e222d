"""A payment for a later day on the customer's pages: the day is shown and agreed to, and the payment is cancelled until it begins."""

from datetime import date, timedelta

import pytest

from kernel.banking.consents import Consent, ConsentKind, ConsentState
from kernel.banking.orders import OrderState, PaymentOrder
from kernel.banking.planned.scheduled import ScheduledTerms
from kernel.cut_offs import start_of
from tests.unit.consent.customer.dashboard.test_order_signatures import UK, orders_of, words_of
from tests.unit.consent.customer.dashboard.test_signatures import JOINT, visit
from tests.world.brands import BRAND
from tests.world.clients import CLIENT
from tests.world.customers import ACCOUNTS, CODE
from tests.world.orders import request_of, use_of
from tests.world.pages import PageWorld
from tests.world.signing import PAYMENT, now
from tests.world.visits import Visits

DAY = date(2026, 7, 10)
TERMS = ScheduledTerms(payment=PAYMENT, asked_on=DAY)


@pytest.fixture
def world(visits: Visits) -> PageWorld:
    return visits.world


async def lodge(world: PageWorld) -> Consent:
    return await world.lodge(kind=ConsentKind.SCHEDULED, terms=TERMS, lodged_as=UK)


async def place(world: PageWorld, consent: Consent) -> PaymentOrder:
    request = request_of(await now(world, consent), terms=PAYMENT, kind=ConsentKind.SCHEDULED)
    return await orders_of(world).place(BRAND, CLIENT.caller, request, use_of(consent.id, CLIENT.caller))


@pytest.fixture
async def order(world: PageWorld) -> PaymentOrder:
    """One that Alice gave and that its TPP has ordered."""
    consent = await lodge(world)
    await (await (await world.browser().begin(await world.push(consent))).log_in("alice")).approve(0)
    return await place(world, consent)


@pytest.mark.spec("RTS-5")
async def test_the_page_says_when_it_is_paid(world: PageWorld):
    consent = await lodge(world)
    browser = await (await world.browser().begin(await world.push(consent))).log_in("alice")
    assert "<h1>Pay £1,123.50 to Merchant A on 10 July 2026</h1>" in browser.html
    assert "Payment date 10 July 2026" in words_of(browser)
    assert ">Pay £1,123.50 on 10 July 2026</button>" in browser.html
    assert "You can cancel the payment here until that day begins." in words_of(browser)
    await browser.approve(0)
    assert (await now(world, consent)).state is ConsentState.AUTHORISED


@pytest.mark.spec("PSD2-80.3")
async def test_it_stands_on_the_dashboard_and_is_cancelled_there(world: PageWorld, order: PaymentOrder):
    browser = await visit(world, "alice")
    assert "Payments for a later day that you agreed to" in browser.text
    assert "£1,123.50 to Merchant A To be paid on 10 July 2026." in words_of(browser)
    await browser.get(f"/consents/payments/{order.id}")
    assert browser.shows("payment-cancel")
    await browser.get(f"/consents/cancellations/{order.id}")
    assert "It will not be made on 10 July 2026" in words_of(browser)
    await browser.post({})
    assert browser.path == f"/consents/payments/{order.id}"
    assert "The payment is cancelled. It will not be made." in words_of(browser)
    assert "Not paid. It was cancelled on 1 July 2026." in words_of(browser)
    assert not browser.shows("payment-cancel")
    found = await orders_of(world).find(BRAND, order.id)
    assert found is not None
    assert found.state is OrderState.CANCELLED


@pytest.mark.spec("PSD2-80.3")
async def test_once_its_day_begins_it_is_too_late(world: PageWorld, order: PaymentOrder):
    world.clock.advance(start_of(DAY, BRAND.zone) - world.clock.now() - timedelta(seconds=30))
    browser = await visit(world, "alice")
    await browser.get(f"/consents/cancellations/{order.id}")
    assert browser.shows("cancel-confirm")
    world.clock.advance(timedelta(seconds=30))
    await browser.post({})
    assert "It was too late to cancel the payment." in words_of(browser)
    assert not browser.shows("payment-cancel")
    await browser.get(f"/consents/cancellations/{order.id}")
    assert browser.path == f"/consents/payments/{order.id}"


@pytest.mark.parametrize("name", ["bob", "carol"])
async def test_another_customer_cancels_nothing(world: PageWorld, order: PaymentOrder, name: str):
    browser = await visit(world, name)
    await browser.get(f"/consents/cancellations/{order.id}")
    assert not browser.shows("cancel-confirm")
    assert "Merchant A" not in browser.text


async def test_the_second_signer_reads_the_day(world: PageWorld, monkeypatch: pytest.MonkeyPatch):
    for customer in ("c-alice", "c-bob"):
        monkeypatch.setitem(ACCOUNTS, customer, (JOINT,))  # type: ignore[arg-type]
    consent = await lodge(world)
    await (await (await world.browser().begin(await world.push(consent))).log_in("alice")).approve(0)
    order = await place(world, consent)
    browser = await visit(world, "bob")
    await browser.get(f"/consents/payments/{order.id}")
    assert "Payment date 10 July 2026" in words_of(browser)
    await browser.post({})
    await browser.post({"otp": CODE})
    signed = await orders_of(world).find(BRAND, order.id)
    assert signed is not None
    assert (signed.state, signed.execute_at) == (OrderState.SCHEDULED, start_of(DAY, BRAND.zone))
