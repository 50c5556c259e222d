"""A domestic payment for a later day: over mutual TLS, on both installations, agreed to on the bank's pages, and with the business clock
moved until it falls due, is cancelled, or finds no funds.

OBIE R/W 4.0 Domestic Scheduled Payment Consents, Domestic Scheduled Payments; Directive (EU) 2015/2366 article 80(3).
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from sandbox.tpp_kit.payments import Payments
from tests.harness.books.books import Books
from tests.harness.forms import Browser
from tests.harness.installations import EMBEDDED, PRODUCTION_LIKE
from tests.harness.judged import JudgedTpp
from tests.journeys.paying import CONSENTS as AT_ONCE_CONSENTS
from tests.journeys.paying import INITIATION as AT_ONCE
from tests.journeys.paying import ORDERS as AT_ONCE_ORDERS
from tests.journeys.paying import RISK, Agreed, agree, agree_to, amounting, changed
from tests.journeys.test_cut_off import LONDON, move_to, now_of
from tests.journeys.test_domestic_payments import LOOKS_MAX
from tests.journeys.test_second_signer import visit

CONSENTS, ORDERS = "/domestic-scheduled-payment-consents", "/domestic-scheduled-payments"
FINAL = {"ACSC", "ACWP", "RJCT", "BLCK", "CANC"}


@asynccontextmanager
async def bank(installations: Any, kind: str, cut_off: str = "") -> AsyncIterator[tuple[JudgedTpp, Books]]:
    """A server of its own, whose clock may be moved, on a Monday at ten o'clock."""
    with installations.installation(kind) as server:
        if cut_off:
            public, mtls, _ = server.ports
            file = server.state_dir / "calendar.toml"
            file.write_text(
                f'[[brands]]\nname = "main"\ndisplay_name = "Bank"\nissuer = "https://localhost:{public}"\n'
                f'mtls_url = "https://localhost:{mtls}"\n[brands.cut_off]\ntime = "16:00"\nlate = "refused"\n{cut_off}\n'
            )
            server.arguments = (*server.arguments, "--config", str(file))
        server.start()
        async with JudgedTpp.of(server, "acme") as acme, Books.of(server) as books:
            now = await now_of(acme)
            await move_to(acme, now + timedelta(days=7 - now.weekday()), time(10))
            yield acme, books


def on(day: datetime, **changes: Any) -> dict[str, Any]:
    """The payment for a day of London's."""
    begins = datetime.combine(day.date(), time(), LONDON)
    return AT_ONCE | {"RequestedExecutionDateTime": begins.isoformat()} | changes


async def agreed_on(acme: JudgedTpp, initiation: Mapping[str, Any]) -> Agreed:
    lodged = await Payments(acme).lodge(initiation, risk=RISK, path=CONSENTS, Permission="Create")
    return await agree_to(acme, lodged.id)


async def ordered(acme: JudgedTpp, initiation: Mapping[str, Any]) -> dict[str, Any]:
    agreed = await agreed_on(acme, initiation)
    placed = await Payments(acme).order(agreed.token, agreed.consent_id, initiation, risk=RISK, path=ORDERS)
    assert placed.status == 201, placed.body
    return placed.json()["Data"]


async def read(payments: Payments, order_id: str) -> dict[str, Any]:
    return (await payments.read(f"{ORDERS}/{order_id}")).json()["Data"]


async def listed(acme: JudgedTpp, token: str) -> dict[str, Any]:
    """The payments for a later day that account information has, by id."""
    answer = await acme.get("/scheduled-payments", token)
    assert answer.status == 200, answer.body
    found = answer.json()["Data"]["ScheduledPayment"]
    return {each["ScheduledPaymentId"]: each for each in found}


async def ended(payments: Payments, order_id: str) -> dict[str, Any]:
    """The order once its status is final."""
    for _ in range(LOOKS_MAX):
        data = await read(payments, order_id)
        if data["Status"] in FINAL:
            return data
        await asyncio.sleep(0.05)
    raise AssertionError(f"{order_id} stays {data['Status']}")


def code_of(answer: Any) -> tuple[int, str, str | None]:
    error = answer.json()["Errors"][0]
    return answer.status, error["ErrorCode"], error.get("Path")


@pytest.mark.spec("OBIE-RW-4.0-domestic-scheduled-payments", "PSD2-80.3")
@pytest.mark.parametrize("kind", [EMBEDDED, PRODUCTION_LIKE])
async def test_a_payment_waits_for_its_day_and_is_then_made(installations, kind):
    async with bank(installations, kind) as (acme, books):
        payments, monday = Payments(acme), await now_of(acme)
        thursday = monday + timedelta(days=3)
        initiation = on(thursday)
        lodged = await payments.lodge(initiation, path=CONSENTS, Permission="Create")
        assert lodged.document["Data"]["Status"] == "AWAU"
        begins = datetime.combine(thursday.date(), time(), LONDON)
        assert datetime.fromisoformat(lodged.document["Data"]["ExpectedExecutionDateTime"]) == begins
        day = f"{thursday.day} {thursday:%B %Y}"
        async with Browser(acme.folder.ca) as browser:
            pushed = await acme.push_authorization_request(lodged.id, "openid payments")
            await browser.open(await acme.authorization_url(pushed.request_uri))
            await browser.press("login-submit", username="alice", password="alice-pw")
            assert f"Pay £1.65 to ACME Inc on {day}" in browser.page.text
            await browser.press("consent-approve", account_0=True)
            tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
        key = str(uuid.uuid4())
        placed = await payments.order(tokens.access_token, lodged.id, initiation, key=key, path=ORDERS)
        assert placed.status == 201, placed.body
        data = placed.json()["Data"]
        order_id = data["DomesticScheduledPaymentId"]
        assert (data["Status"], datetime.fromisoformat(data["ExpectedExecutionDateTime"])) == ("PDNG", begins.astimezone(UTC))
        assert (await payments.read(f"{CONSENTS}/{lodged.id}")).json()["Data"]["Status"] == "COND"
        again = await payments.order(tokens.access_token, lodged.id, initiation, key=key, path=ORDERS)
        assert (again.status, again.json()["Data"]["DomesticScheduledPaymentId"]) == (201, order_id)
        for path in (f"{AT_ONCE_ORDERS}/{order_id}", f"{AT_ONCE_CONSENTS}/{lodged.id}"):
            assert code_of(await payments.read(path))[:2] == (400, "U011"), "of another product"
        async with Browser(acme.folder.ca) as browser:
            await visit(acme, browser, "alice")
            assert f"To be paid on {day}." in browser.page.text
        await move_to(acme, monday + timedelta(days=2), time(23, 59))
        assert (await read(payments, order_id))["Status"] == "PDNG"
        await move_to(acme, thursday, time())
        assert (await ended(payments, order_id))["Status"] == "ACSC"
        details = (await payments.read(f"{ORDERS}/{order_id}/payment-details")).json()["Data"]["PaymentStatus"][0]
        assert details["Status"] in ("ACSC", "ACCC")
        await books.check_whole()


@pytest.mark.spec("OBIE-RW-4.0-domestic-scheduled-payments", "PSD2-80.3")
@pytest.mark.parametrize("kind", [EMBEDDED, PRODUCTION_LIKE])
async def test_a_customer_cancels_it_and_another_finds_no_funds(installations, kind):
    async with bank(installations, kind) as (acme, books):
        payments, monday = Payments(acme), await now_of(acme)
        tuesday = monday + timedelta(days=1)
        cancelled = (await ordered(acme, on(tuesday)))["DomesticScheduledPaymentId"]
        too_much = (await ordered(acme, on(tuesday, **amounting("999999.00"))))["DomesticScheduledPaymentId"]
        listing = await acme.granted(permissions=("ReadAccountsBasic", "ReadScheduledPaymentsDetail"))
        ours = await listed(acme, listing.token)
        assert ours[cancelled]["InstructedAmount"] == AT_ONCE["InstructedAmount"]
        begins = datetime.combine(tuesday.date(), time(), LONDON)
        assert datetime.fromisoformat(ours[too_much]["ScheduledPaymentDateTime"]) == begins
        async with Browser(acme.folder.ca) as browser:
            await visit(acme, browser, "alice")
            await browser.open(f"/consents/cancellations/{cancelled}")
            await browser.press("cancel-confirm")
            assert "The payment is cancelled. It will not be made." in browser.page.text
        data = await read(payments, cancelled)
        assert (data["Status"], data["StatusReason"][0]["StatusReasonCode"]) == ("CANC", "MS02")
        assert {cancelled, too_much} & set(await listed(acme, listing.token)) == {too_much}
        await move_to(acme, tuesday, time())
        data = await ended(payments, too_much)
        assert (data["Status"], data["StatusReason"][0]["StatusReasonCode"]) == ("RJCT", "AM04")
        assert (await read(payments, cancelled))["Status"] == "CANC"
        assert {cancelled, too_much} & set(await listed(acme, listing.token)) == set()
        await books.check_whole()


@pytest.mark.spec("OBIE-RW-4.0-domestic-scheduled-payment-consents")
async def test_days_that_cannot_be_are_refused_and_others_moved(installations):
    """A day that has begun, one too far ahead, a Saturday and a holiday; an order of another day than was agreed to; a wrong kind of consent."""
    async with bank(installations, EMBEDDED, 'closed = ["2030-01-01"]\nplanned = "next_day"') as (acme, books):
        payments, monday = Payments(acme), await now_of(acme)
        own = await acme.client_credentials_token("payments")
        for day in (monday, monday - timedelta(days=1), monday + timedelta(days=366)):
            body = {"Data": {"Permission": "Create", "Initiation": on(day)}, "Risk": RISK}
            assert code_of(await payments.post(CONSENTS, own, body)) == (
                400,
                "U003",
                "Data.Initiation.RequestedExecutionDateTime",
            )
        saturday = await payments.lodge(on(monday + timedelta(days=5)), path=CONSENTS, Permission="Create")
        moved = datetime.fromisoformat(saturday.document["Data"]["ExpectedExecutionDateTime"]).astimezone(LONDON)
        assert moved == datetime.combine(monday.date() + timedelta(days=7), time(), LONDON)
        assert saturday.document["Data"]["Initiation"] == on(monday + timedelta(days=5))
        agreed = await agreed_on(acme, on(monday + timedelta(days=2)))
        other = on(monday + timedelta(days=3))
        refused = await payments.order(agreed.token, agreed.consent_id, other, risk=RISK, path=ORDERS)
        assert code_of(refused) == (400, "U008", "Data.Initiation.RequestedExecutionDateTime")
        at_once = await payments.order(agreed.token, agreed.consent_id, AT_ONCE, risk=RISK)
        assert code_of(at_once)[:2] == (400, "U008")
        single = await agree(acme)
        planned = await payments.order(single.token, single.consent_id, on(monday + timedelta(days=2)), risk=RISK, path=ORDERS)
        assert code_of(planned)[:2] == (400, "U008")
        for path, value, code in (("Data.Permission", "Read", "U002"), ("Data.Initiation.CreditorAgent", {}, "U005")):
            body = changed(
                {"Data": {"Permission": "Create", "Initiation": on(monday + timedelta(days=2))}, "Risk": {}}, path, value
            )
            assert code_of(await payments.post(CONSENTS, own, body))[:2] == (400, code)
        await move_to(acme, monday + timedelta(days=2), time())
        late = await payments.order(agreed.token, agreed.consent_id, on(monday + timedelta(days=2)), risk=RISK, path=ORDERS)
        assert code_of(late)[:2] == (400, "U009")
        for consent in (agreed, single):
            assert await books.payments.orders_of(consent.consent_id) == []
