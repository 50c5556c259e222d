"""A standing order abroad over mutual TLS on both installations: agreed to, its payments made at the rates of their days, and cancelled.

OBIE R/W 4.0 International Standing Order Consents, International Standing Orders; Directive (EU) 2015/2366 article 80(3).
"""

import asyncio
import uuid
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from sandbox.tpp_kit.payments import Payments
from tests.harness.forms import Browser
from tests.harness.installations import EMBEDDED, PRODUCTION_LIKE
from tests.journeys.paying import GONE, RISK, agree_to, changed
from tests.journeys.test_cut_off import LONDON, move_to, now_of
from tests.journeys.test_domestic_payments import LOOKS_MAX
from tests.journeys.test_international_payments import INITIATION as AT_ONCE
from tests.journeys.test_scheduled_payments import bank, code_of
from tests.journeys.test_second_signer import visit
from tests.journeys.test_standing_orders import ORDERS as DOMESTIC_ORDERS

CONSENTS, ORDERS = "/international-standing-order-consents", "/international-standing-orders"
SHARED = ("ChargeBearer", "CurrencyOfTransfer", "DestinationCountryCode", "InstructedAmount", "Creditor", "CreditorAgent")
AT = "Data.Initiation"


def weekly(first: datetime, number: int = 2) -> dict[str, Any]:
    """Payments abroad, a week apart."""
    begins = datetime.combine(first.date(), time(), LONDON)
    return {name: AT_ONCE[name] for name in (*SHARED, "CreditorAccount", "RemittanceInformation")} | {
        "MandateRelatedInformation": {"FirstPaymentDateTime": begins.isoformat(), "Frequency": {"Type": "WEEK"}},
        "NumberOfPayments": str(number),
    }


async def made(payments: Payments, order_id: str, number: int) -> list[str]:
    """The statuses of its payments, once there are so many and all are over."""
    for _ in range(LOOKS_MAX):
        details = (await payments.read(f"{ORDERS}/{order_id}/payment-details")).json()["Data"]
        found = [each["Status"] for each in details["PaymentStatus"]]
        if len(found) == number and set(found) <= {"ACCC", "RJCT"}:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"{order_id} stays {found}")


@pytest.mark.spec("OBIE-RW-4.0-international-standing-order-consents", "OBIE-RW-4.0-international-standing-orders", "PSD2-80.3")
@pytest.mark.parametrize("kind", [EMBEDDED, PRODUCTION_LIKE])
async def test_its_payments_are_made_each_at_the_rate_of_its_day(installations, kind):
    async with bank(installations, kind) as (acme, books):
        payments, monday = Payments(acme), await now_of(acme)
        first = monday + timedelta(days=2)
        initiation, day = weekly(first), f"{first.day} {first:%B %Y}"
        lodged = (await payments.lodge(initiation, risk=RISK, path=CONSENTS, Permission="Create")).document["Data"]
        assert lodged["Charges"][0]["Amount"] == {"Amount": "1.00", "Currency": "GBP"}
        async with Browser(acme.folder.ca) as browser:
            pushed = await acme.push_authorization_request(lodged["ConsentId"], "openid payments")
            await browser.open(await acme.authorization_url(pushed.request_uri))
            await browser.press("login-submit", username="alice", password="alice-pw")
            assert f"to ACME GmbH on {day}, then every week" in browser.page.text
            await browser.press("consent-approve", account_0=True)
            tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
        token, key = tokens.access_token, str(uuid.uuid4())
        other = changed(initiation, "InstructedAmount.Amount", "10.01")
        refused = await payments.order(token, lodged["ConsentId"], other, risk=RISK, path=ORDERS)
        assert code_of(refused) == (400, "U008", f"{AT}.InstructedAmount.Amount")
        placed = [await payments.order(token, lodged["ConsentId"], initiation, risk=RISK, path=ORDERS, key=key) for _ in range(2)]
        assert [answer.status for answer in placed] == [201, 201]
        order_id, again = (answer.json()["Data"]["InternationalStandingOrderId"] for answer in placed)
        assert (again, placed[0].json()["Data"]["Status"]) == (order_id, "INCO")
        assert code_of(await payments.read(f"{DOMESTIC_ORDERS}/{order_id}"))[:2] == (400, "U011")
        await move_to(acme, first, time())
        assert await made(payments, order_id, 1) == ["ACCC"]
        await move_to(acme, first + timedelta(days=7), time())
        assert await made(payments, order_id, 2) == ["ACCC"] * 2
        await books.check_whole()


@pytest.mark.spec("OBIE-RW-4.0-international-standing-orders", "PSD2-80.3")
async def test_its_customer_cancels_it_and_what_cannot_be_planned_is_refused(installations):
    async with bank(installations, EMBEDDED) as (acme, _):
        payments, monday = Payments(acme), await now_of(acme)
        initiation = weekly(monday + timedelta(days=2))
        own, mandate = await acme.client_credentials_token("payments"), f"{AT}.MandateRelatedInformation"
        for path, value, code, at in (
            ("MandateRelatedInformation.Frequency.Type", "ADHO", "U025", f"{mandate}.Frequency.Type"),
            ("MandateRelatedInformation.FirstPaymentDateTime", monday.isoformat(), "U003", f"{mandate}.FirstPaymentDateTime"),
            ("NumberOfPayments", "0", "U002", f"{AT}.NumberOfPayments"),
            ("CurrencyOfTransfer", GONE, "U004", f"{AT}.CurrencyOfTransfer"),
            ("InstructedAmount.Currency", "USD", "U023", f"{AT}.InstructedAmount.Currency"),
            ("ExchangeRateInformation", {"UnitCurrency": "GBP", "RateType": "Actual"}, "U005", f"{AT}.ExchangeRateInformation"),
        ):
            body = {"Data": {"Permission": "Create", "Initiation": changed(initiation, path, value)}, "Risk": RISK}
            assert code_of(await payments.post(CONSENTS, own, body)) == (400, code, at), path
        lodged = await payments.lodge(initiation, risk=RISK, path=CONSENTS, Permission="Create")
        agreed = await agree_to(acme, lodged.id)
        placed = await payments.order(agreed.token, agreed.consent_id, initiation, risk=RISK, path=ORDERS)
        order_id = placed.json()["Data"]["InternationalStandingOrderId"]
        async with Browser(acme.folder.ca) as browser:
            await visit(acme, browser, "alice")
            await browser.open(f"/consents/cancellations/{order_id}")
            await browser.press("cancel-confirm")
            assert "The standing order is cancelled. It makes no more payments." in browser.page.text
        data = (await payments.read(f"{ORDERS}/{order_id}")).json()["Data"]
        assert (data["Status"], data["StatusReason"][0]["StatusReasonCode"]) == ("CANC", "MS02")
        await move_to(acme, monday + timedelta(days=3), time())
        details = (await payments.read(f"{ORDERS}/{order_id}/payment-details")).json()["Data"]
        assert details.get("PaymentStatus", []) == []
