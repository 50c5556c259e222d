"""A domestic payment from its consent to the money on both sides: over mutual TLS, on both installations, each body signed.

OBIE R/W 4.0 Domestic Payment Consents, Domestic Payments; Commission Delegated Regulation (EU) 2018/389 article 5.
"""

import asyncio
import json
import uuid
from typing import Any

import pytest

from sandbox.tpp_kit.answers import Tokens
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.payments import SCOPE, Payments
from tests.harness.forms import Browser
from tests.harness.judged import JudgedTpp
from tests.journeys.paying import INITIATION, numbers_of

PRESENT = Knobs(headers={"x-fapi-customer-ip-address": "192.0.2.7"})
FINAL = {"ACCC", "ACWP", "RJCT", "BLCK"}
LOOKS_MAX = 400


async def agreed(acme: JudgedTpp, browser: Browser, consent_id: str, name: str = "alice") -> Tokens:
    """The tokens of a payer who chose the first account and confirmed."""
    pushed = await acme.push_authorization_request(consent_id, "openid payments")
    await browser.open(await acme.authorization_url(pushed.request_uri))
    await browser.press("login-submit", username=name, password=f"{name}-pw")
    await browser.press("consent-approve", account_0=True)
    return await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)


async def settled(payments: Payments, order_id: str) -> dict[str, Any]:
    """The order once its status is final."""
    for _ in range(LOOKS_MAX):
        data = (await payments.read(f"/domestic-payments/{order_id}")).json()["Data"]
        if data["Status"] in FINAL:
            return data
        await asyncio.sleep(0.05)
    raise AssertionError(f"{order_id} stays {data['Status']}")


async def test_alice_pays_and_the_money_is_gone(acme, browser, books):
    payments = Payments(acme)
    lodged = await payments.lodge(INITIATION, ReadRefundAccount="Yes")
    assert lodged.document["Data"]["Status"] == "AWAU"
    tokens = await agreed(acme, browser, lodged.id)
    path = f"/domestic-payment-consents/{lodged.id}"
    assert (await payments.read(path)).json()["Data"]["Status"] == "AUTH"
    funds = await payments.read(f"{path}/funds-confirmation", tokens.access_token)
    assert funds.json()["Data"]["FundsAvailableResult"]["FundsAvailable"] is True
    key = str(uuid.uuid4())
    placed = await payments.order(tokens.access_token, lodged.id, INITIATION, key=key)
    assert placed.status == 201, placed.body
    data = placed.json()["Data"]
    assert data["Refund"]["Account"]["SchemeName"] == "UK.OBIE.SortCodeAccountNumber"
    assert (await payments.read(path)).json()["Data"]["Status"] == "COND"
    final = await settled(payments, data["DomesticPaymentId"])
    assert final["Status"] == "ACCC"
    again = await payments.order(tokens.access_token, lodged.id, INITIATION, key=key)
    assert (again.status, again.json()["Data"]["DomesticPaymentId"]) == (201, data["DomesticPaymentId"])
    assert again.json()["Data"]["Status"] == "ACCC"
    refused = await payments.order(tokens.access_token, lodged.id, INITIATION)
    assert (refused.status, refused.json()["Errors"][0]["ErrorCode"]) == (400, "U009")


@pytest.mark.parametrize(("ending", "reason"), [("9904", "AC04"), ("9906", "AC06"), ("9921", "AG01")])
async def test_a_refusal_of_the_rail_frees_the_money_and_says_why(acme, browser, ending, reason):
    payments = Payments(acme)
    initiation = INITIATION | {"CreditorAccount": INITIATION["CreditorAccount"] | {"Identification": f"0808002132{ending}"}}
    lodged = await payments.lodge(initiation)
    tokens = await agreed(acme, browser, lodged.id)
    placed = await payments.order(tokens.access_token, lodged.id, initiation)
    final = await settled(payments, placed.json()["Data"]["DomesticPaymentId"])
    assert (final["Status"], final["StatusReason"][0]["StatusReasonCode"]) == ("RJCT", reason)


async def test_fifty_connections_with_one_key_make_one_order(acme, browser, books):
    payments = Payments(acme)
    lodged = await payments.lodge(INITIATION)
    tokens = await agreed(acme, browser, lodged.id)
    key = str(uuid.uuid4())
    asked = [payments.order(tokens.access_token, lodged.id, INITIATION, key=key) for _ in range(50)]
    answers = await asyncio.gather(*asked)
    placed = [answer for answer in answers if answer.status == 201]
    assert {answer.status for answer in answers} <= {201, 429, 503}
    assert placed
    assert len({answer.json()["Data"]["DomesticPaymentId"] for answer in placed}) == 1
    other = INITIATION | {"EndToEndIdentification": "ANOTHER"}
    refused = await payments.order(tokens.access_token, lodged.id, other, key=key)
    assert (refused.status, refused.json()["Errors"][0]["ErrorCode"]) == (409, "U029")


async def test_what_another_tpp_ordered_is_unknown(acme, borough, browser):
    payments = Payments(acme)
    lodged = await payments.lodge(INITIATION)
    tokens = await agreed(acme, browser, lodged.id)
    placed = await payments.order(tokens.access_token, lodged.id, INITIATION)
    order_id = placed.json()["Data"]["DomesticPaymentId"]
    own = await borough.client_credentials_token(SCOPE)
    for path in (f"/domestic-payments/{order_id}", f"/domestic-payment-consents/{lodged.id}"):
        refused = await Payments(borough).read(path, own)
        assert (refused.status, refused.json()["Errors"][0]["ErrorCode"]) == (400, "U011")


def paying_from(number: str) -> dict[str, str]:
    return {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": number}


async def test_a_payment_asked_for_in_detail_is_ordered_field_by_field(acme, browser):
    details = {
        "type": "payment_initiation",
        "actions": ["initiate"],
        "instructedAmount": {"currency": "GBP", "amount": "1.65"},
        "creditorName": "ACME Inc",
        "creditorAccount": {"scheme": "sort_code", "bban": "08080021325698"},
        "remittanceInformationUnstructured": "Internal ops code 5120101",
    }
    form = {"authorization_details": json.dumps([details]), "scope": "openid payments"}
    pushed = await acme.push_authorization_request(None, knobs=Knobs(form=form))
    await browser.open(await acme.authorization_url(pushed.request_uri))
    await browser.press("login-submit", username="alice", password="alice-pw")
    await browser.press("consent-approve", account_0=True)
    tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    payments = Payments(acme)
    other = INITIATION | {"InstructedAmount": {"Amount": "1.66", "Currency": "GBP"}}
    refused = await payments.order(tokens.access_token, tokens.grant_id, other)
    assert (refused.status, refused.json()["Errors"][0]["ErrorCode"]) == (400, "U008")
    (chosen,), another = numbers_of(acme, "alice").values(), INITIATION["CreditorAccount"]["Identification"]
    refused = await payments.order(tokens.access_token, tokens.grant_id, INITIATION | {"DebtorAccount": paying_from(another)})
    assert (refused.status, refused.json()["Errors"][0]["ErrorCode"]) == (400, "U008")
    placed = await payments.order(tokens.access_token, tokens.grant_id, INITIATION | {"DebtorAccount": paying_from(chosen)})
    assert placed.status == 201, placed.body
    assert (await settled(payments, placed.json()["Data"]["DomesticPaymentId"]))["Status"] == "ACCC"


async def test_the_books_are_whole_after_all_this(books):
    await books.check_whole()
