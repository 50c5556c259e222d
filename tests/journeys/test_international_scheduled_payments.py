"""A payment abroad for a later day: over mutual TLS, on both installations, at the rate of its day or at one that the bank fixed for it.

OBIE R/W 4.0 International Scheduled Payment Consents, International Scheduled Payments; Directive (EU) 2015/2366 article 80(3).
"""

import asyncio
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from sandbox.tpp_kit.payments import SCOPE, Payments
from tests.harness.forms import Browser
from tests.harness.installations import EMBEDDED, PRODUCTION_LIKE
from tests.harness.judged import JudgedTpp
from tests.journeys.paying import GONE, RISK, Agreed, agree_to, changed
from tests.journeys.test_cut_off import LONDON, move_to, now_of
from tests.journeys.test_domestic_payments import LOOKS_MAX
from tests.journeys.test_international_payments import CONSENTS as AT_ONCE_CONSENTS
from tests.journeys.test_international_payments import INITIATION as AT_ONCE
from tests.journeys.test_international_payments import ORDERS as AT_ONCE_ORDERS
from tests.journeys.test_scheduled_payments import bank, code_of
from tests.journeys.test_second_signer import visit

CONSENTS, ORDERS = "/international-scheduled-payment-consents", "/international-scheduled-payments"
FINAL = {"ACCC", "RJCT", "BLCK"}
AT = "Data.Initiation"
DAY = f"{AT}.RequestedExecutionDateTime"
AGREED = {"UnitCurrency": "GBP", "RateType": "Agreed", "ExchangeRate": 1.15, "ContractIdentification": "FX-2026-0042"}


def begins(day: datetime) -> datetime:
    return datetime.combine(day.date(), time(), LONDON)


def on(day: datetime, rate: str = "Indicative", **changes: Any) -> dict[str, Any]:
    """The payment for a day of London's."""
    asked = {"UnitCurrency": "GBP", "RateType": rate}
    return AT_ONCE | {"RequestedExecutionDateTime": begins(day).isoformat(), "ExchangeRateInformation": asked} | changes


async def lodged(acme: JudgedTpp, initiation: Mapping[str, Any]) -> dict[str, Any]:
    answer = await Payments(acme).lodge(initiation, risk=RISK, path=CONSENTS, Permission="Create")
    return answer.document["Data"]


async def order(acme: JudgedTpp, agreed: Agreed, initiation: Mapping[str, Any], **options: Any) -> Any:
    return await Payments(acme).order(agreed.token, agreed.consent_id, initiation, risk=RISK, path=ORDERS, **options)


async def ended(acme: JudgedTpp, order_id: str) -> dict[str, Any]:
    for _ in range(LOOKS_MAX):
        data = (await Payments(acme).read(f"{ORDERS}/{order_id}")).json()["Data"]
        if data["Status"] in FINAL:
            return data
        await asyncio.sleep(0.05)
    raise AssertionError(f"{order_id} stays {data['Status']}")


@pytest.mark.spec("OBIE-RW-4.0-international-scheduled-payment-consents", "OBIE-RW-4.0-international-scheduled-payments")
@pytest.mark.parametrize("kind", [EMBEDDED, PRODUCTION_LIKE])
async def test_a_payment_abroad_waits_for_its_day_and_is_made_at_the_rate_of_that_day(installations, kind):
    async with bank(installations, kind) as (acme, books):
        payments, monday = Payments(acme), await now_of(acme)
        thursday = monday + timedelta(days=3)
        initiation = on(thursday)
        consent = await lodged(acme, initiation)
        estimate = consent["ExchangeRateInformation"]
        assert (estimate["RateType"], "ExpirationDateTime" in estimate) == ("Indicative", False)
        assert datetime.fromisoformat(consent["ExpectedExecutionDateTime"]) == begins(thursday)
        assert consent["Charges"][0]["Amount"] == {"Amount": "1.00", "Currency": "GBP"}
        day = f"{thursday.day} {thursday:%B %Y}"
        async with Browser(acme.folder.ca) as browser:
            pushed = await acme.push_authorization_request(consent["ConsentId"], "openid payments")
            await browser.open(await acme.authorization_url(pushed.request_uri))
            await browser.press("login-submit", username="alice", password="alice-pw")
            page = browser.page.text
            assert "about £" in page
            assert f"to ACME GmbH on {day}" in page
            assert "An estimate. The rate at the moment of the payment counts" in page
            await browser.press("consent-approve", account_0=True)
            tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
        agreed = Agreed(consent["ConsentId"], tokens)
        funds = await payments.read(f"{CONSENTS}/{agreed.consent_id}/funds-confirmation", agreed.token)
        assert funds.json()["Data"]["FundsAvailableResult"]["FundsAvailable"] is True
        key = str(uuid.uuid4())
        placed = await order(acme, agreed, initiation, key=key)
        assert placed.status == 201, placed.body
        data = placed.json()["Data"]
        order_id = data["InternationalScheduledPaymentId"]
        assert (data["Status"], data["ExchangeRateInformation"]) == ("PDNG", estimate)
        assert datetime.fromisoformat(data["ExpectedExecutionDateTime"]) == begins(thursday).astimezone(UTC)
        assert (await payments.read(f"{CONSENTS}/{agreed.consent_id}")).json()["Data"]["Status"] == "COND"
        again = await order(acme, agreed, initiation, key=key)
        assert (again.status, again.json()["Data"]["InternationalScheduledPaymentId"]) == (201, order_id)
        assert code_of(await order(acme, agreed, initiation))[:2] == (400, "U009")
        for path in (f"{AT_ONCE_ORDERS}/{order_id}", f"{AT_ONCE_CONSENTS}/{agreed.consent_id}"):
            assert code_of(await payments.read(path))[:2] == (400, "U011"), "of another product"
        async with Browser(acme.folder.ca) as browser:
            await visit(acme, browser, "alice")
            assert f"To be paid on {day}." in browser.page.text
        await move_to(acme, thursday, time())
        final = await ended(acme, order_id)
        assert final["Status"] == "ACCC"
        assert "ExpirationDateTime" in final["ExchangeRateInformation"]
        details = (await payments.read(f"{ORDERS}/{order_id}/payment-details")).json()["Data"]["PaymentStatus"][0]
        assert details["Status"] == "ACCC"
        await books.check_whole()


@pytest.mark.spec("OBIE-RW-4.0-international-scheduled-payments", "PSD2-80.3")
async def test_a_rate_is_fixed_until_the_end_of_the_day_and_its_customer_cancels(installations):
    async with bank(installations, EMBEDDED) as (acme, books):
        monday = await now_of(acme)
        tuesday, paid = monday + timedelta(days=1), []
        for rate in ({"UnitCurrency": "GBP", "RateType": "Actual"}, AGREED):
            initiation = on(tuesday, ExchangeRateInformation=rate)
            consent = await lodged(acme, initiation)
            given = consent["ExchangeRateInformation"]
            assert datetime.fromisoformat(given["ExpirationDateTime"]) == begins(tuesday + timedelta(days=1)), rate
            for _ in range(2):
                agreed = await agree_to(acme, (await lodged(acme, initiation))["ConsentId"])
                placed = await order(acme, agreed, initiation)
                assert placed.status == 201, placed.body
                paid.append((placed.json()["Data"]["InternationalScheduledPaymentId"], given))
        (cancelled, _), *others = paid
        async with Browser(acme.folder.ca) as browser:
            await visit(acme, browser, "alice")
            await browser.open(f"/consents/cancellations/{cancelled}")
            await browser.press("cancel-confirm")
            assert "The payment is cancelled. It will not be made." in browser.page.text
        await move_to(acme, tuesday, time(9))
        over = await ended(acme, cancelled)
        assert (over["Status"], over["StatusReason"][0]["StatusReasonCode"]) == ("RJCT", "MS02")
        for order_id, given in others:
            final = await ended(acme, order_id)
            assert (final["Status"], final["ExchangeRateInformation"]["ExchangeRate"]) == ("ACCC", given["ExchangeRate"])
        await books.check_whole()


@pytest.mark.spec("OBIE-RW-4.0-international-scheduled-payment-consents")
async def test_what_cannot_be_planned_abroad_is_refused_by_the_code_of_the_standard(installations):
    async with bank(installations, EMBEDDED) as (acme, books):
        monday = await now_of(acme)
        wednesday = monday + timedelta(days=2)
        own = await acme.client_credentials_token(SCOPE)

        async def refused(initiation: Mapping[str, Any], **data: Any) -> tuple[int, str, str | None]:
            body = {"Data": {"Permission": "Create", **data, "Initiation": initiation}, "Risk": RISK}
            return code_of(await Payments(acme).post(CONSENTS, own, body))

        for day in (monday, monday - timedelta(days=1), monday + timedelta(days=366)):
            assert await refused(on(day)) == (400, "U003", DAY), day
        assert await refused(on(monday + timedelta(days=91), "Actual")) == (400, "U003", DAY), "no rate is fixed so far ahead"
        for path, value, code, at in (
            ("CurrencyOfTransfer", "GBP", "U023", "CurrencyOfTransfer"),
            ("RequestedExecutionDateTime", GONE, "U004", "RequestedExecutionDateTime"),
            ("RequestedExecutionDateTime", "tomorrow", "U003", "RequestedExecutionDateTime"),
            ("ExchangeRateInformation.ExchangeRate", 1.15, "U005", "ExchangeRateInformation.ExchangeRate"),
            ("ChargeBearer", "BorneByCreditor", "U002", "ChargeBearer"),
            ("LocalInstrument", "UK.OBIE.FPS", "U026", "LocalInstrument"),
            ("Frequency", "DAIL", "U005", "Frequency"),
        ):
            assert await refused(changed(on(wednesday), path, value)) == (400, code, f"{AT}.{at}"), path
        assert await refused(on(wednesday), Permission="Read") == (400, "U002", "Data.Permission")
        unasked = await lodged(acme, changed(on(wednesday), "ExchangeRateInformation", GONE))
        assert unasked["ExchangeRateInformation"]["RateType"] == "Indicative"
        agreed = await agree_to(acme, (await lodged(acme, on(wednesday)))["ConsentId"])
        for path, value in (
            ("RequestedExecutionDateTime", begins(monday + timedelta(days=3)).isoformat()),
            ("ExchangeRateInformation.RateType", "Actual"),
            ("InstructedAmount.Amount", "10.01"),
        ):
            answer = await order(acme, agreed, changed(on(wednesday), path, value))
            assert code_of(answer) == (400, "U008", f"{AT}.{path}"), path
        at_once = await Payments(acme).order(agreed.token, agreed.consent_id, AT_ONCE, risk=RISK, path=AT_ONCE_ORDERS)
        assert code_of(at_once)[:2] == (400, "U008")
        await move_to(acme, wednesday, time())
        assert code_of(await order(acme, agreed, on(wednesday)))[:2] == (400, "U009")
        assert await books.payments.orders_of(agreed.consent_id) == []
