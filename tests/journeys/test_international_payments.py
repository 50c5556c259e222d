"""A payment abroad from its consent to the books: over mutual TLS, on both installations, at a rate that the bank quoted.

OBIE R/W 4.0 International Payment Consents, International Payments; Commission Delegated Regulation (EU) 2018/389 article 5.
"""

import asyncio
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from sandbox.tpp_kit.payments import SCOPE, Payments
from tests.harness.forms import Browser
from tests.harness.installations import EMBEDDED
from tests.harness.judged import JudgedTpp
from tests.journeys.paying import GONE, RISK, Agreed, agree_to, changed
from tests.journeys.test_domestic_payments import LOOKS_MAX

CONSENTS, ORDERS = "/international-payment-consents", "/international-payments"
FINAL = {"ACCC", "RJCT", "BLCK"}
INITIATION: dict[str, Any] = {
    "InstructionIdentification": "ACME412",
    "EndToEndIdentification": "FRESCO.21302.GFX.20",
    "InstructionPriority": "Normal",
    "ChargeBearer": "Shared",
    "CurrencyOfTransfer": "EUR",
    "DestinationCountryCode": "DE",
    "InstructedAmount": {"Amount": "10.00", "Currency": "EUR"},
    "ExchangeRateInformation": {"UnitCurrency": "GBP", "RateType": "Actual"},
    "Creditor": {"Name": "ACME GmbH", "PostalAddress": {"TownName": "Berlin", "Country": "DE"}},
    "CreditorAgent": {"SchemeName": "UK.OBIE.BICFI", "Identification": "COBADEFFXXX", "Name": "Commerzbank"},
    "CreditorAccount": {"SchemeName": "UK.OBIE.IBAN", "Identification": "DE89370400440532013000", "Name": "ACME GmbH"},
    "RemittanceInformation": {"Unstructured": ["Internal ops code 5120101"]},
}


async def lodge(tpp: JudgedTpp, initiation: Mapping[str, Any] = INITIATION, **data: Any) -> dict[str, Any]:
    payments = Payments(tpp)
    body = {"Data": {**data, "Initiation": dict(initiation)}, "Risk": RISK}
    answer = await payments.post(CONSENTS, await tpp.client_credentials_token(SCOPE), body)
    assert answer.status == 201, answer.body
    return answer.json()["Data"]


async def order(tpp: JudgedTpp, agreed: Agreed, initiation: Mapping[str, Any] = INITIATION, **options: Any) -> Any:
    body = {"Data": {"ConsentId": agreed.consent_id, "Initiation": dict(initiation)}, "Risk": RISK}
    return await Payments(tpp).post(ORDERS, agreed.token, body, **options)


async def settled(tpp: JudgedTpp, order_id: str) -> dict[str, Any]:
    for _ in range(LOOKS_MAX):
        data = (await Payments(tpp).read(f"{ORDERS}/{order_id}")).json()["Data"]
        if data["Status"] in FINAL:
            return data
        await asyncio.sleep(0.05)
    raise AssertionError(f"{order_id} stays {data['Status']}")


def exchanged(amount: str, rate: Decimal) -> Decimal:
    return (Decimal(amount) / rate).quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.mark.spec("OBIE-RW-4.0-international-payment-consents", "OBIE-RW-4.0-international-payments")
async def test_alice_pays_abroad_at_the_rate_that_her_bank_stands_by(acme, browser: Browser, books):
    payments = Payments(acme)
    lodged = await lodge(acme)
    given, [charge] = lodged["ExchangeRateInformation"], lodged["Charges"]
    assert (given["UnitCurrency"], given["RateType"]) == ("GBP", "Actual")
    assert given["ExpirationDateTime"] > lodged["CreationDateTime"]
    assert charge == {
        "ChargeBearer": "Shared",
        "Type": "UK.OBIE.MoneyTransferOut",
        "Amount": {"Amount": "1.00", "Currency": "GBP"},
    }
    sold = exchanged("10.00", Decimal(str(given["ExchangeRate"])))
    pushed = await acme.push_authorization_request(lodged["ConsentId"], "openid payments")
    await browser.open(await acme.authorization_url(pushed.request_uri))
    await browser.press("login-submit", username="alice", password="alice-pw")
    page = browser.page.text
    assert f"£{sold + 1}, including a charge of £1.00" in page
    assert "€10.00" in page
    assert f"1 GBP = {given['ExchangeRate']} EUR" in page
    await browser.press("consent-approve", account_0=True)
    tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    agreed = Agreed(lodged["ConsentId"], tokens)
    funds = await payments.read(f"{CONSENTS}/{agreed.consent_id}/funds-confirmation", agreed.token)
    assert funds.json()["Data"]["FundsAvailableResult"]["FundsAvailable"] is True
    placed = await order(acme, agreed)
    assert placed.status == 201, placed.body
    data = placed.json()["Data"]
    assert data["Status"] != "RCVD"
    assert (data["ExchangeRateInformation"], data["Charges"]) == (given, [charge])
    assert (await payments.read(f"{CONSENTS}/{agreed.consent_id}")).json()["Data"]["Status"] == "COND"
    final = await settled(acme, data["InternationalPaymentId"])
    assert final["Status"] == "ACCC"
    details = (await payments.read(f"{ORDERS}/{data['InternationalPaymentId']}/payment-details")).json()["Data"]
    assert details["PaymentStatus"][0]["Status"] == "ACCC"
    refused = await order(acme, agreed)
    assert (refused.status, refused.json()["Errors"][0]["ErrorCode"]) == (400, "U009")
    await books.check_whole()


@pytest.mark.parametrize(
    ("iban", "reason"),
    [("DE18370400440532019904", "AC04"), ("DE23370400440532019911", "RC01"), ("DE87370400440532019923", "RR04")],
)
async def test_a_refusal_on_the_way_frees_the_money_and_says_why(acme, iban, reason):
    initiation = changed(INITIATION, "CreditorAccount.Identification", iban)
    agreed = await agree_to(acme, (await lodge(acme, initiation))["ConsentId"])
    placed = await order(acme, agreed, initiation)
    assert placed.status == 201, placed.body
    final = await settled(acme, placed.json()["Data"]["InternationalPaymentId"])
    assert (final["Status"], final["StatusReason"][0]["StatusReasonCode"]) == ("RJCT", reason)


async def test_a_rate_that_was_agreed_is_taken_from_its_contract(acme):
    agreed_rate = {"UnitCurrency": "GBP", "RateType": "Agreed", "ExchangeRate": 1.15, "ContractIdentification": "FX-2026-0042"}
    initiation = INITIATION | {"ExchangeRateInformation": agreed_rate, "InstructedAmount": {"Amount": "20.00", "Currency": "GBP"}}
    lodged = await lodge(acme, initiation)
    given = lodged["ExchangeRateInformation"]
    assert {name: given[name] for name in agreed_rate} == agreed_rate
    agreed = await agree_to(acme, lodged["ConsentId"])
    placed = await order(acme, agreed, initiation)
    assert placed.status == 201, placed.body
    assert (await settled(acme, placed.json()["Data"]["InternationalPaymentId"]))["Status"] == "ACCC"


async def test_a_rate_of_another_customers_contract_pays_nothing(acme, books):
    """A TPP that has learned of Alice's contract names it for Bob."""
    initiation = INITIATION | {"ExchangeRateInformation": AGREED}
    agreed = await agree_to(acme, (await lodge(acme, initiation))["ConsentId"], "bob")
    placed = await order(acme, agreed, initiation)
    assert placed.status == 201, placed.body
    final = await settled(acme, placed.json()["Data"]["InternationalPaymentId"])
    assert (final["Status"], final["StatusReason"][0]["StatusReasonCode"]) == ("RJCT", "AG01")
    await books.check_whole()


async def test_fifty_orders_at_once_pay_once(acme):
    agreed = await agree_to(acme, (await lodge(acme))["ConsentId"])
    answers = await asyncio.gather(*(order(acme, agreed) for _ in range(50)))
    assert sum(answer.status == 201 for answer in answers) == 1


async def test_an_indicative_rate_is_fixed_when_the_payment_is_ordered(acme):
    initiation = changed(INITIATION, "ExchangeRateInformation.RateType", "Indicative")
    lodged = await lodge(acme, initiation)
    assert "ExpirationDateTime" not in lodged["ExchangeRateInformation"]
    agreed = await agree_to(acme, lodged["ConsentId"])
    placed = await order(acme, agreed, initiation)
    assert placed.status == 201, placed.body
    data = placed.json()["Data"]
    assert data["ExchangeRateInformation"]["RateType"] == "Indicative"
    assert "ExpirationDateTime" in data["ExchangeRateInformation"]
    assert (await settled(acme, data["InternationalPaymentId"]))["Status"] == "ACCC"


async def test_a_rate_that_ran_out_authorises_and_pays_nothing(installations):
    """R/W 4.0 International Payment Consents, ExpirationDateTime."""
    with installations.installation(EMBEDDED) as server:
        server.start()
        async with JudgedTpp.of(server, "acme") as acme:
            agreed = await agree_to(acme, (await lodge(acme))["ConsentId"])
            assert (await acme.control("/clock", {"advance": "PT1860S"})).status == 200
            refused = await order(acme, agreed)
            assert (refused.status, refused.json()["Errors"][0]["ErrorCode"]) == (400, "U009")
            over = (await Payments(acme).read(f"{CONSENTS}/{agreed.consent_id}")).json()["Data"]
            assert (over["Status"], over["StatusReason"][0]["StatusReasonCode"]) == ("RJCT", "TKXP")


async def test_account_information_shows_the_exchange_and_the_charge(acme, grant):
    reference = "SEEN-ABROAD"
    initiation = INITIATION | {"EndToEndIdentification": reference}
    agreed = await agree_to(acme, (await lodge(acme, initiation))["ConsentId"])
    placed = await order(acme, agreed, initiation)
    await settled(acme, placed.json()["Data"]["InternationalPaymentId"])
    answer = await acme.get("/transactions", grant.token)
    seen = [each for each in answer.json()["Data"]["Transaction"] if each.get("TransactionReference") == reference]
    paid, charge = sorted(seen, key=lambda each: "CurrencyExchange" not in each)
    assert paid["CurrencyExchange"]["InstructedAmount"] == {"Amount": "10.00", "Currency": "EUR"}
    assert charge["Amount"] == {"Amount": "1.00", "Currency": "GBP"}


AGREED = {"UnitCurrency": "GBP", "RateType": "Agreed", "ExchangeRate": 1.15, "ContractIdentification": "FX-2026-0042"}
AT = "Data.Initiation"
BAD: dict[str, tuple[str, Any, str, str]] = {
    "a currency that the bank does not pay": ("CurrencyOfTransfer", "XAF", "U023", f"{AT}.InstructedAmount.Currency"),
    "the account's own currency": ("CurrencyOfTransfer", "GBP", "U023", f"{AT}.CurrencyOfTransfer"),
    "no currency": ("CurrencyOfTransfer", "ABC", "U023", f"{AT}.CurrencyOfTransfer"),
    "an amount in a third currency": ("InstructedAmount.Currency", "USD", "U023", f"{AT}.InstructedAmount.Currency"),
    "an amount of nothing": ("InstructedAmount.Amount", "0.00", "U002", f"{AT}.InstructedAmount.Amount"),
    "an amount that buys nothing": (
        "InstructedAmount",
        {"Amount": "0.004", "Currency": "EUR"},
        "U002",
        f"{AT}.InstructedAmount.Amount",
    ),
    "an amount beyond the books": (
        "InstructedAmount",
        {"Amount": "9999999999999.99", "Currency": "GBP"},
        "U002",
        f"{AT}.InstructedAmount.Amount",
    ),
    "a rate with the bank's own": (
        "ExchangeRateInformation.ExchangeRate",
        1.15,
        "U005",
        f"{AT}.ExchangeRateInformation.ExchangeRate",
    ),
    "a contract with the bank's own rate": (
        "ExchangeRateInformation.ContractIdentification",
        "FX-2026-0042",
        "U005",
        f"{AT}.ExchangeRateInformation.ContractIdentification",
    ),
    "an agreed rate without its contract": (
        "ExchangeRateInformation",
        {name: value for name, value in AGREED.items() if name != "ContractIdentification"},
        "U001",
        f"{AT}.ExchangeRateInformation.ContractIdentification",
    ),
    "an agreed rate without the rate": (
        "ExchangeRateInformation",
        {name: value for name, value in AGREED.items() if name != "ExchangeRate"},
        "U001",
        f"{AT}.ExchangeRateInformation.ExchangeRate",
    ),
    "a contract that the bank does not know": (
        "ExchangeRateInformation",
        AGREED | {"ContractIdentification": "FX-0"},
        "U002",
        f"{AT}.ExchangeRateInformation.ContractIdentification",
    ),
    "another rate than was agreed": (
        "ExchangeRateInformation",
        AGREED | {"ExchangeRate": 1.1500000001},
        "U002",
        f"{AT}.ExchangeRateInformation.ExchangeRate",
    ),
    "a rate of nothing": (
        "ExchangeRateInformation",
        AGREED | {"ExchangeRate": 0},
        "U002",
        f"{AT}.ExchangeRateInformation.ExchangeRate",
    ),
    "a rate with more digits than are read": (
        "ExchangeRateInformation",
        AGREED | {"ExchangeRate": 1.1500000000000001},
        "U002",
        f"{AT}.ExchangeRateInformation.ExchangeRate",
    ),
    "a unit of another currency": (
        "ExchangeRateInformation.UnitCurrency",
        "USD",
        "U023",
        f"{AT}.ExchangeRateInformation.UnitCurrency",
    ),
    "charges for the payee": ("ChargeBearer", "BorneByCreditor", "U002", f"{AT}.ChargeBearer"),
    "no BIC": ("CreditorAgent.Identification", "COBADEFFX", "U021", f"{AT}.CreditorAgent.Identification"),
    "two names of one payee": ("Creditor.Name", "HMRC", "U002", f"{AT}.Creditor.Name"),
    "a member that no one carries out": (
        "UltimateCreditor",
        {"Name": "Z", "Colour": "red"},
        "U005",
        f"{AT}.UltimateCreditor.Colour",
    ),
    "a wrong IBAN": ("CreditorAccount.Identification", "DE89370400440532013001", "U021", f"{AT}.CreditorAccount.Identification"),
    "a sort code": (
        "CreditorAccount",
        {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "08080021325698", "Name": "ACME"},
        "U027",
        f"{AT}.CreditorAccount.SchemeName",
    ),
    "another country": ("DestinationCountryCode", "FR", "U002", f"{AT}.DestinationCountryCode"),
    "no country": ("DestinationCountryCode", "Germany", "U002", f"{AT}.DestinationCountryCode"),
    "a domestic instrument": ("LocalInstrument", "UK.OBIE.FPS", "U026", f"{AT}.LocalInstrument"),
    "no currency of transfer": ("CurrencyOfTransfer", GONE, "U004", f"{AT}.CurrencyOfTransfer"),
    "a member too many": ("Colour", "red", "U005", f"{AT}.Colour"),
}


@pytest.mark.parametrize(("path", "value", "code", "at"), BAD.values(), ids=BAD)
async def test_what_cannot_be_paid_abroad_is_refused_by_the_code_of_the_standard(acme, path, value, code, at):
    document = {"Data": {"Initiation": changed(INITIATION, path, value)}, "Risk": RISK}
    refused = await Payments(acme).post(CONSENTS, await acme.client_credentials_token(SCOPE), document)
    assert refused.status == 400, refused.body
    [error] = refused.json()["Errors"]
    assert (error["ErrorCode"], error.get("Path")) == (code, at)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("InstructedAmount.Amount", "10.01"),
        ("CreditorAccount.Identification", "DE18370400440532019904"),
        ("ExchangeRateInformation.RateType", "Indicative"),
        ("ChargeBearer", "BorneByDebtor"),
    ],
)
async def test_an_order_that_differs_from_its_consent_pays_nothing(acme, path, value):
    agreed = await agree_to(acme, (await lodge(acme))["ConsentId"])
    refused = await order(acme, agreed, changed(INITIATION, path, value))
    assert (refused.status, refused.json()["Errors"][0]["ErrorCode"]) == (400, "U008")
    assert refused.json()["Errors"][0]["Path"] == f"{AT}.{path}"
