"""Payments in euro from an account in euro, by the schemes of SEPA, and payments by a file: over mutual TLS, on both installations.

OBIE R/W 4.0 International Payment Consents, LocalInstrument; Regulation (EU) 2024/886 article 5c (verification of payee).
"""

import asyncio
from typing import Any

import pytest

from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.payments import SCOPE, Payments
from tests.harness.forms import Browser
from tests.harness.patience import PATIENCE_SECONDS
from tests.journeys import paying
from tests.journeys.paying import RISK, Agreed, agree_to, changed
from tests.journeys.scene import PRESENT
from tests.journeys.test_international_payments import AT, CONSENTS, lodge, order
from tests.journeys.test_international_payments import INITIATION as ABROAD

INITIATION: dict[str, Any] = {
    name: value for name, value in ABROAD.items() if name not in ("ExchangeRateInformation", "InstructedAmount")
} | {"InstructedAmount": {"Amount": "3.00", "Currency": "EUR"}}
INSTANT, TRANSFER = "UK.OBIE.SEPAInstantCreditTransfer", "UK.OBIE.SEPACreditTransfer"
FINAL = {"ACCC", "ACSC", "RJCT"}


def german(ending: str) -> str:
    """An IBAN whose account number ends so."""
    number = f"37040044053201{ending}"
    check = 98 - int("".join(str(int(each, 36)) for each in f"{number}DE00")) % 97
    return f"DE{check:02d}{number}"


async def settled(tpp, path: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            data = (await Payments(tpp).read(path)).json()["Data"]
            if data["Status"] in FINAL:
                return data
            await asyncio.sleep(0.1)


async def seen(tpp, grant, reference: str) -> list[dict[str, Any]]:
    """The account lines of a payment, read while the customer is present: without them a grant is read four times a day."""
    answer = await tpp.get("/transactions", grant.token, knobs=Knobs(headers=PRESENT))
    assert answer.status == 200, answer.body
    return [each for each in answer.json()["Data"]["Transaction"] if each.get("TransactionReference") == reference]


@pytest.mark.parametrize(("instrument", "status"), [(INSTANT, "ACCC"), (TRANSFER, "ACSC")])
@pytest.mark.spec("OBIE-RW-4.0-international-payment-consents", "OBIE-RW-4.0-international-payments")
async def test_alice_pays_euro_from_her_account_in_euro(acme, grant, browser: Browser, books, instrument, status):
    reference = f"EUR-{status}"
    initiation = INITIATION | {"LocalInstrument": instrument, "EndToEndIdentification": reference}
    lodged = await lodge(acme, initiation)
    assert "ExchangeRateInformation" not in lodged
    assert "Charges" not in lodged
    pushed = await acme.push_authorization_request(lodged["ConsentId"], "openid payments")
    await browser.open(await acme.authorization_url(pushed.request_uri))
    await browser.press("login-submit", username="alice", password="alice-pw")
    page = browser.page.text
    assert "€3.00" in page
    assert "Exchange rate" not in page
    assert "The name matches" in page
    await browser.press("consent-approve", account_0=True)
    tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    placed = await order(acme, Agreed(lodged["ConsentId"], tokens), initiation)
    assert placed.status == 201, placed.body
    final = await settled(acme, f"/international-payments/{placed.json()['Data']['InternationalPaymentId']}")
    assert final["Status"] == status
    [paid] = await seen(acme, grant, reference)
    assert (paid["Amount"], paid["CreditDebitIndicator"]) == ({"Amount": "3.00", "Currency": "EUR"}, "Debit")
    assert "CurrencyExchange" not in paid
    await books.check_whole()


@pytest.mark.parametrize(
    ("instrument", "ending", "reason"),
    [(INSTANT, "9908", "AB08"), (INSTANT, "9904", "AC04"), (TRANSFER, "9904", "AC04"), (TRANSFER, "9922", "MS03")],
)
async def test_a_scheme_of_sepa_refuses_with_its_reason_and_the_money_stays(acme, books, instrument, ending, reason):
    initiation = changed(INITIATION | {"LocalInstrument": instrument}, "CreditorAccount.Identification", german(ending))
    agreed = await agree_to(acme, (await lodge(acme, initiation))["ConsentId"])
    placed = await order(acme, agreed, initiation)
    assert placed.status == 201, placed.body
    final = await settled(acme, f"/international-payments/{placed.json()['Data']['InternationalPaymentId']}")
    assert (final["Status"], final["StatusReason"][0]["StatusReasonCode"]) == ("RJCT", reason)
    await books.check_whole()


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("9710", "The account is in the name of Alexandra Whitfield"),
        ("9720", "The name does not match the account"),
        ("9730", "We could not check the name"),
        ("9742", "We could not check the name"),
    ],
)
async def test_the_page_says_what_the_verification_of_payee_answered(acme, browser: Browser, ending, words):
    initiation = changed(INITIATION | {"LocalInstrument": INSTANT}, "CreditorAccount.Identification", german(ending))
    pushed = await acme.push_authorization_request((await lodge(acme, initiation))["ConsentId"], "openid payments")
    await browser.open(await acme.authorization_url(pushed.request_uri))
    await browser.press("login-submit", username="alice", password="alice-pw")
    assert words in browser.page.text
    assert ("Alexandra" in browser.page.text) == (ending == "9710")


@pytest.mark.parametrize(
    ("path", "value", "code", "at"),
    [
        ("CurrencyOfTransfer", "USD", "U026", f"{AT}.LocalInstrument"),
        ("ChargeBearer", "BorneByDebtor", "U002", f"{AT}.ChargeBearer"),
        ("LocalInstrument", "UK.OBIE.Target2", "U026", f"{AT}.LocalInstrument"),
    ],
)
async def test_what_a_scheme_of_sepa_does_not_carry_is_refused_at_once(acme, path, value, code, at):
    initiation = changed(INITIATION | {"LocalInstrument": TRANSFER}, path, value)
    body = {"Data": {"Initiation": initiation}, "Risk": RISK}
    refused = await Payments(acme).post(CONSENTS, await acme.client_credentials_token(SCOPE), body)
    assert refused.status == 400, refused.body
    [error] = refused.json()["Errors"]
    assert (error["ErrorCode"], error.get("Path")) == (code, at)


async def test_sterling_may_be_exchanged_and_sent_by_a_scheme_of_sepa(acme):
    initiation = ABROAD | {"LocalInstrument": TRANSFER}
    lodged = await lodge(acme, initiation)
    assert lodged["ExchangeRateInformation"]["UnitCurrency"] == "GBP"
    agreed = await agree_to(acme, lodged["ConsentId"])
    placed = await order(acme, agreed, initiation)
    assert placed.status == 201, placed.body
    final = await settled(acme, f"/international-payments/{placed.json()['Data']['InternationalPaymentId']}")
    assert final["Status"] == "ACSC"


@pytest.mark.parametrize(
    ("ending", "status", "reason"), [("5698", "ACSC", None), ("9904", "RJCT", "AC04"), ("9940", "ACSC", None)]
)
async def test_a_payment_by_a_file_ends_as_its_bureau_says(acme, grant, books, ending, status, reason):
    reference = f"FILE-{ending}"
    initiation = paying.numbered(f"0808002132{ending}", LocalInstrument="UK.OBIE.BACS", EndToEndIdentification=reference)
    agreed = await paying.agree(acme, initiation)
    placed = await Payments(acme).order(agreed.token, agreed.consent_id, initiation, risk=RISK)
    assert placed.status == 201, placed.body
    final = await settled(acme, f"{paying.ORDERS}/{placed.json()['Data']['DomesticPaymentId']}")
    assert final["Status"] == status
    if reason is not None:
        assert final["StatusReason"][0]["StatusReasonCode"] == reason
    lines = await seen(acme, grant, reference)
    assert [each["Amount"]["Amount"] for each in lines] == (
        [] if status == "RJCT" else [initiation["InstructedAmount"]["Amount"]]
    )
    await books.check_whole()
