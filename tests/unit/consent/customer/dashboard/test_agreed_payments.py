"""A payment that was agreed to, on the dashboard of its payer: what, to whom, when, from which account, and that it is not made yet."""

import json
from datetime import timedelta
from typing import Any

import pytest

from consent.authorization.offer.authorization_details import lodgement_of, parse_details
from kernel.banking.consents import Consent
from tests.world.brands import BRAND, START
from tests.world.clients import CLIENT
from tests.world.customers import ACCOUNTS, CODE
from tests.world.visits import Visits

PAYMENT = {
    "type": "payment_initiation",
    "actions": ["initiate"],
    "instructedAmount": {"currency": "GBP", "amount": "165.88"},
    "creditorName": "Merchant A",
    "creditorAccount": {"scheme": "sort_code", "bban": "80200110203345"},
    "remittanceInformationUnstructured": "FRESCO-101",
}


async def lodge(visits: Visits, **changes: Any) -> Consent:
    return await visits.world.store.lodge(
        BRAND, CLIENT.caller, lodgement_of(parse_details(json.dumps([PAYMENT | changes]), START), START)
    )


async def pay(visits: Visits, psu: str = "alice", **changes: Any) -> Consent:
    consent = await lodge(visits, **changes)
    browser = await (await visits.world.browser().begin(await visits.world.push(consent))).log_in(psu)
    await browser.approve(0)
    if browser.shows("otp"):
        await browser.post({"otp": CODE})
    assert "code" in browser.answer
    return consent


@pytest.mark.spec("PSD2-80.2")
async def test_a_payment_that_was_agreed_to_is_listed(visits_anywhere: Visits):
    visits = visits_anywhere
    consent = await pay(visits)
    browser = await visits.visit()
    section = " ".join(browser.text.partition("Payments that you agreed to")[2].split())
    for words in (
        "£165.88 to Merchant A Not made yet.",
        "80-20-01 10203345",
        "FRESCO-101",
        "From Everyday current account, ending 5678",
        "Agreed 1 July 2026 at 10:00",
        "Asked by Acme Money",
        "contact Acme Money",
    ):
        assert words in section
    assert consent.id not in browser.html, "there is nothing to stop, and no page of its own"
    await browser.get(f"/consents/{consent.id}/revoke")
    assert browser.status == 404


async def test_no_other_customer_sees_it_and_nothing_is_listed_that_was_not_agreed_to(visits: Visits):
    await pay(visits)
    await lodge(visits, creditorName="Never Agreed")
    denied = await lodge(visits, creditorName="Refused")
    await (await (await visits.world.browser().begin(await visits.world.push(denied))).log_in("alice")).deny()
    assert "Payments that you agreed to" not in (await visits.visit("bob")).text
    mine = await visits.visit("alice")
    assert "Never Agreed" not in mine.text
    assert "Refused" not in mine.text


async def test_a_payment_is_found_by_its_payee(visits: Visits):
    await pay(visits)
    await pay(visits, creditorName="Somebody Else")
    browser = await visits.visit()
    await browser.get("/consents?q=merchant")
    assert "Merchant A" in browser.text
    assert "Somebody Else" not in browser.text


async def test_a_payment_that_was_given_up_says_so(visits: Visits):
    consent = await pay(visits)
    visits.world.clock.advance(timedelta(hours=1))
    await visits.world.store.withdraw(BRAND, CLIENT.caller, consent.id)
    browser = await visits.visit()
    assert "Not made. They withdrew it on 1 July 2026." in browser.text
    assert "contact Acme Money" not in browser.text


async def test_a_payment_whose_time_is_over_says_so(visits: Visits):
    """Recorded or not."""
    await pay(visits)
    visits.world.clock.advance(timedelta(days=2))
    assert "Not made. The time for it ran out on" in (await visits.visit()).text


async def test_an_account_that_has_gone_is_not_named(visits: Visits, monkeypatch: pytest.MonkeyPatch):
    await pay(visits)
    monkeypatch.setitem(ACCOUNTS, "c-alice", ACCOUNTS["c-alice"][1:])  # type: ignore[arg-type]
    assert "An account that you no longer have with us" in (await visits.visit()).text
