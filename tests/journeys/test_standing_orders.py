"""A domestic standing order over mutual TLS on both installations: agreed to, its payments made as the business clock moves, and cancelled.

OBIE R/W 4.0 Domestic Standing Order Consents, Domestic Standing Orders, Payment Details; Directive (EU) 2015/2366 article 80(3).
"""

import asyncio
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from portcullis.cli.app import app
from sandbox.tpp_kit.payments import Payments
from tests.harness.forms import Browser
from tests.harness.installations import EMBEDDED, PRODUCTION_LIKE
from tests.journeys.paying import INITIATION, RISK, agree_to
from tests.journeys.test_cut_off import LONDON, move_to, now_of
from tests.journeys.test_domestic_payments import LOOKS_MAX
from tests.journeys.test_scheduled_payments import CONSENTS as OTHER_CONSENTS
from tests.journeys.test_scheduled_payments import ORDERS as OTHER_ORDERS
from tests.journeys.test_scheduled_payments import bank, code_of
from tests.journeys.test_second_signer import visit

CONSENTS, ORDERS = "/domestic-standing-order-consents", "/domestic-standing-orders"
GONE: Any = object()


def weekly(first: datetime, **changes: Any) -> dict[str, Any]:
    """Three payments, a week apart."""
    begins = datetime.combine(first.date(), time(), LONDON)
    initiation = {
        "MandateRelatedInformation": {"FirstPaymentDateTime": begins.isoformat(), "Frequency": {"Type": "WEEK"}},
        "NumberOfPayments": "3",
        "FirstPaymentAmount": {"Amount": "1.01", "Currency": "GBP"},
        "RecurringPaymentAmount": {"Amount": "2.02", "Currency": "GBP"},
        "FinalPaymentAmount": {"Amount": "3.03", "Currency": "GBP"},
        "CreditorAccount": INITIATION["CreditorAccount"],
        "RemittanceInformation": {"Unstructured": ["Rent"]},
    } | changes
    return {name: value for name, value in initiation.items() if value is not GONE}


async def placed(acme: Any, initiation: dict[str, Any]) -> str:
    payments = Payments(acme)
    lodged = await payments.lodge(initiation, risk=RISK, path=CONSENTS, Permission="Create")
    agreed = await agree_to(acme, lodged.id)
    answer = await payments.order(agreed.token, agreed.consent_id, initiation, risk=RISK, path=ORDERS)
    assert answer.status == 201, answer.body
    data = answer.json()["Data"]
    assert data["Status"] == "INCO"
    return data["DomesticStandingOrderId"]


async def listed(acme: Any, token: str) -> dict[str, Any]:
    """The standing orders that account information has, by id: of one account each, and of all in one listing."""
    answer = await acme.get("/standing-orders", token)
    assert answer.status == 200, answer.body
    every = answer.json()["Data"]["StandingOrder"]
    found = {each["StandingOrderId"]: each for each in every}
    for account_id in {each["AccountId"] for each in every}:
        own = (await acme.get(f"/accounts/{account_id}/standing-orders", token)).json()["Data"]["StandingOrder"]
        theirs = {order_id for order_id, each in found.items() if each["AccountId"] == account_id}
        assert {each["StandingOrderId"] for each in own} == theirs
    return found


async def made(payments: Payments, order_id: str, number: int) -> list[str]:
    """The statuses of its payments, once there are so many and all are over."""
    for _ in range(LOOKS_MAX):
        details = (await payments.read(f"{ORDERS}/{order_id}/payment-details")).json()["Data"]
        found = [each["Status"] for each in details["PaymentStatus"]]
        if len(found) == number and set(found) <= {"ACCC", "ACWP", "RJCT"}:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"{order_id} stays {found}")


@pytest.mark.spec("OBIE-RW-4.0-domestic-standing-orders", "PSD2-80.3")
@pytest.mark.parametrize("kind", [EMBEDDED, PRODUCTION_LIKE])
async def test_its_payments_are_made_each_on_its_day(installations, kind, monkeypatch, capsys):
    async with bank(installations, kind) as (acme, books):
        payments, monday = Payments(acme), await now_of(acme)
        first = monday + timedelta(days=2)
        listing = await acme.granted(permissions=("ReadAccountsBasic", "ReadStandingOrdersDetail"))
        before = await listed(acme, listing.token)
        order_id = await placed(acme, weekly(first))
        stopped = await placed(acme, weekly(first))
        ours = await listed(acme, listing.token)
        assert set(ours) - set(before) == {order_id, stopped}
        day = datetime.combine(first.date(), time(), LONDON)
        assert datetime.fromisoformat(ours[order_id]["NextPaymentDateTime"]) == day
        assert (ours[order_id]["NextPaymentAmount"]["Amount"], ours[order_id]["StandingOrderStatusCode"]) == ("1.01", "ACTV")
        assert ours[order_id]["MandateRelatedInformation"]["Frequency"]["Type"] == "WEEK"
        assert ours[order_id]["CreditorAccount"]["Identification"] == INITIATION["CreditorAccount"]["Identification"]
        for path in (f"{OTHER_ORDERS}/{order_id}", f"{OTHER_CONSENTS}/{order_id}", f"{ORDERS}/unknown"):
            assert code_of(await payments.read(path))[:2] == (400, "U011")
        await move_to(acme, first, time())
        assert await made(payments, order_id, 1) == ["ACCC"]
        assert await made(payments, stopped, 1) == ["ACCC"]
        async with Browser(acme.folder.ca) as browser:
            await visit(acme, browser, "alice")
            await browser.open(f"/consents/cancellations/{stopped}")
            await browser.press("cancel-confirm")
            assert "The standing order is cancelled. It makes no more payments." in browser.page.text
        ours = await listed(acme, listing.token)
        assert set(ours) - set(before) == {order_id}
        assert (ours[order_id]["LastPaymentAmount"]["Amount"], ours[order_id]["NextPaymentAmount"]["Amount"]) == ("1.01", "2.02")
        await move_to(acme, first + timedelta(days=21), time())
        assert await made(payments, order_id, 3) == ["ACCC"] * 3
        assert await made(payments, stopped, 1) == ["ACCC"]
        statuses = [(await payments.read(f"{ORDERS}/{each}")).json()["Data"]["Status"] for each in (order_id, stopped)]
        assert statuses == ["INCO", "CANC"]
        assert set(await listed(acme, listing.token)) == set(before)
        if kind == EMBEDDED:
            await check_story(acme, order_id, monkeypatch, capsys)
        await books.check_whole()


async def check_story(acme: Any, order_id: str, monkeypatch: Any, capsys: Any) -> None:
    """The bank's own people find the instruction, and read what became of each of its payments."""
    monkeypatch.setenv("PORTCULLIS_STATE_DIR", str(acme.server.state_dir))

    async def typed(*words: str) -> str:
        capsys.readouterr()
        await asyncio.to_thread(app, ["orders", *words], exit_on_error=False, result_action="return_value")
        return capsys.readouterr().out

    assert order_id in await typed("list", "--instructions", "--state", "completed")
    assert order_id not in await typed("list", "--instructions")
    assert "payments ordered: 3" in await typed("show", order_id)
    story = await typed("explain", order_id)
    for sentence in ("payment 1 was ordered (by system).", "Payment 3 of 3.03 GBP is order", "payment 3 was ordered, its last"):
        assert sentence in story


@pytest.mark.spec("OBIE-RW-4.0-domestic-standing-order-consents")
async def test_what_a_bank_cannot_plan_is_refused(installations):
    async with bank(installations, EMBEDDED) as (acme, _):
        payments, monday = Payments(acme), await now_of(acme)
        own = await acme.client_credentials_token("payments")
        mandate = "Data.Initiation.MandateRelatedInformation"
        ahead = monday + timedelta(days=2)
        given = weekly(ahead)["MandateRelatedInformation"]
        cases = [
            (weekly(monday), "U003", f"{mandate}.FirstPaymentDateTime"),
            (
                weekly(ahead, MandateRelatedInformation=given | {"Frequency": {"Type": "ADHO"}}),
                "U025",
                f"{mandate}.Frequency.Type",
            ),
            (
                weekly(ahead, MandateRelatedInformation=given | {"RecurringPaymentDateTime": given["FirstPaymentDateTime"]}),
                "U003",
                f"{mandate}.RecurringPaymentDateTime",
            ),
            (weekly(ahead, NumberOfPayments="0"), "U002", "Data.Initiation.NumberOfPayments"),
            (weekly(ahead, NumberOfPayments=GONE), "U001", f"{mandate}.FinalPaymentDateTime"),
        ]
        for initiation, code, path in cases:
            body = {"Data": {"Permission": "Create", "Initiation": initiation}, "Risk": RISK}
            assert code_of(await payments.post(CONSENTS, own, body)) == (400, code, path)
