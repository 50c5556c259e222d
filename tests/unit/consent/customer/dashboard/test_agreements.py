"""Standing agreements on the dashboard of who gave them: what was allowed, to whom, and one way to stop it."""

from datetime import timedelta

import msgspec
import pytest

from kernel.banking.consents import Consent, ConsentKind, ConsentState
from kernel.banking.money import Money
from kernel.banking.orders import OrderRequest
from kernel.banking.payments import PaymentTerms
from kernel.banking.terms import VrpAuthentication, VrpType
from tests.unit.consent.customer.dashboard.test_order_signatures import orders_of
from tests.unit.consent.customer.journey.test_journey_agreements import FUNDS, PAYEE, VRP
from tests.world.brands import BRAND, START
from tests.world.clients import CLIENT
from tests.world.orders import use_of
from tests.world.recurring import USE
from tests.world.visits import Visits

SECTIONS = {ConsentKind.VRP: "Recurring payments that you allowed", ConsentKind.FUNDS: "Checks of funds that you allowed"}


async def allow(visits: Visits, kind: str, **facts) -> Consent:
    terms = VRP if kind == ConsentKind.VRP else FUNDS
    consent = await visits.world.lodge(kind=kind, terms=terms, **facts)
    browser = await (await visits.world.browser().begin(await visits.world.push(consent))).log_in("alice")
    await browser.post({"account": browser.handles[:1]})
    assert "code" in browser.answer
    return consent


def section_of(browser, kind: str) -> str:
    return " ".join(browser.text.partition(SECTIONS[kind])[2].split())


async def state_of(visits: Visits, consent: Consent) -> ConsentState:
    found = await visits.world.store.load(BRAND, consent.id)
    assert found is not None
    return found.effective_state(visits.world.clock.now())


async def test_what_was_allowed_is_listed_by_its_kind(visits_anywhere: Visits):
    visits = visits_anywhere
    await allow(visits, ConsentKind.VRP)
    await allow(visits, ConsentKind.FUNDS)
    browser = await visits.visit()
    for words in (
        "Payments to Savings Ltd Allowed now.",
        "Each payment Up to £100.00",
        "From Everyday current account, ending 5678",
        "Agreed 1 July 2026 at 10:00",
        "Asked by Acme Money",
    ):
        assert words in section_of(browser, ConsentKind.VRP)
    assert "Checks whether you have funds Allowed now." in section_of(browser, ConsentKind.FUNDS)
    assert "80-20-01 12345678" in section_of(browser, ConsentKind.FUNDS)
    assert browser.shows("vrp-stop-0")
    assert browser.shows("funds-stop-0")
    assert "No app or website at the moment." in browser.text, "neither is access to data"
    await browser.get("/consents?q=savings")
    assert SECTIONS[ConsentKind.VRP] in browser.text
    assert SECTIONS[ConsentKind.FUNDS] not in browser.text
    assert "allowed" not in (await visits.visit("bob")).text


async def test_its_customer_reads_how_much_of_each_limit_is_used(visits_anywhere: Visits):
    """By what was ordered in the period: what the rail refused is free again. A consent that is over says no more of it."""
    visits, terms = (
        visits_anywhere,
        msgspec.structs.replace(VRP, types=(VrpType.SWEEPING,), authentications=(VrpAuthentication.NONE,)),
    )
    consent = await visits.world.lodge(kind=ConsentKind.VRP, terms=terms, lodged_as="uk_obie/v4.0")
    browser = await (await visits.world.browser().begin(await visits.world.push(consent))).log_in("alice")
    await browser.post({"account": browser.handles[:1]})
    orders = orders_of(visits.world)
    for number, minor in enumerate((2_500, 1_050)):
        payment = PaymentTerms(amount=Money("GBP", minor), creditor_name="Savings Ltd", creditor_account=PAYEE)
        request = OrderRequest(consent_id=consent.id, kind=ConsentKind.VRP, terms=payment, lodged_as="uk_obie/v4.0", use=USE)
        await orders.place(BRAND, CLIENT.caller, request, use_of(f"sweep-{number}", CLIENT.caller))
    text = section_of(await visits.visit(), ConsentKind.VRP)
    for words in (
        "Paid in this month £35.50 of £500.00. It begins again on 1 August 2026.",
        "Paid in these two weeks £35.50 of £200.00. It begins again on 15 July 2026.",
    ):
        assert words in text
    await visits.world.store.revoke_by_psu(BRAND, "psu-alice", consent.id)
    assert "Paid in this month" not in section_of(await visits.visit(), ConsentKind.VRP)


@pytest.mark.parametrize("kind", SECTIONS)
async def test_its_customer_stops_it_for_good(visits_anywhere: Visits, kind: str):
    visits = visits_anywhere
    consent = await allow(visits, kind)
    browser = await visits.visit()
    await browser.get(f"/consents/{consent.id}/revoke")
    assert "Stop this with Acme Money" in browser.text
    assert browser.shows("revoke-confirm")
    await browser.post({})
    assert browser.path == "/consents"
    assert await state_of(visits, consent) is ConsentState.REVOKED_BY_PSU
    assert "You stopped it on 1 July 2026." in section_of(browser, kind)
    assert not browser.shows(f"{kind}-stop-0")
    await browser.get(f"/consents/{consent.id}/revoke")
    assert browser.path == "/consents", "there is nothing left to stop"


async def test_no_other_customer_stops_it(visits: Visits):
    consent = await allow(visits, ConsentKind.VRP)
    browser = await visits.visit("bob")
    await browser.get(f"/consents/{consent.id}/revoke")
    assert browser.status == 404
    await browser.get("/consents")
    await browser.send(f"/consents/{consent.id}/revoke", {"form_token": browser.token})
    assert await state_of(visits, consent) is ConsentState.AUTHORISED


async def test_each_end_is_said_as_it_is(visits: Visits):
    given_up = await allow(visits, ConsentKind.VRP)
    await visits.world.store.withdraw(BRAND, CLIENT.caller, given_up.id)
    assert "They withdrew it on 1 July 2026." in section_of(await visits.visit(), ConsentKind.VRP)
    await allow(visits, ConsentKind.FUNDS, valid_until=START + timedelta(days=1))
    visits.world.clock.offset = timedelta(days=2)
    assert "The time for it ran out on 2 July 2026." in section_of(await visits.visit(), ConsentKind.FUNDS)
