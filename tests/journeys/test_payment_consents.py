"""One payment asked for in detail, agreed to on its page and confirmed for exactly that: over mutual TLS, on both installations.

RFC 9396; Commission Delegated Regulation (EU) 2018/389 article 5. Paying itself is not offered yet: the token opens no operation.
"""

import json

import pytest

from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.tpp import Refused
from tests.harness.forms import Browser
from tests.journeys.fapi import check_error

PRESENT = Knobs(headers={"x-fapi-customer-ip-address": "192.0.2.7"})
PAYMENT = {
    "type": "payment_initiation",
    "actions": ["initiate", "status", "cancel"],
    "instructedAmount": {"currency": "GBP", "amount": "165.88"},
    "creditorName": "ACME Inc",
    "creditorAccount": {"scheme": "sort_code", "bban": "80200110203345"},
    "remittanceInformationUnstructured": "FRESCO-101",
}


def in_detail(**changes):
    return json.dumps([PAYMENT | changes])


async def asked(tpp, details=None):
    form = {"authorization_details": details or in_detail(), "scope": "openid payments"}
    return await tpp.push_authorization_request(None, knobs=Knobs(form=form))


async def opened(tpp, browser, pushed, name):
    await browser.open(await tpp.authorization_url(pushed.request_uri))
    await browser.press("login-submit", username=name, password=f"{name}-pw")
    return browser


async def test_alice_pays_from_the_account_she_chooses(acme, books):
    pushed = await asked(acme)
    async with Browser(acme.folder.ca) as browser:
        await opened(acme, browser, pushed, "alice")
        for words in ("£165.88", "ACME Inc", "80-20-01 10203345", "FRESCO-101"):
            assert words in browser.page.text
        inputs = [control for control in browser.page.find("consent-approve")[0].controls if control.name == "account"]
        assert len(inputs) > 1
        assert {(control.type, control.checked) for control in inputs} == {("radio", False)}
        await browser.press("consent-approve")
        assert "Choose the account to pay from" in browser.page.text
        await browser.press("consent-approve", account_0=True)
        tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    (shown,) = tokens.authorization_details
    assert {name: shown[name] for name in PAYMENT} == PAYMENT
    assert (shown["consent_id"], len(shown["account_ids"])) == (tokens.grant_id, 1)
    assert set(tokens.scope.split()) == {"openid", "payments"}
    assert await books.consents.state_of(tokens.grant_id) == "authorised"
    read = await acme.get("/accounts", tokens.access_token, knobs=PRESENT)
    assert read.status == 403, "it opens no account"


async def test_bob_sees_what_he_confirms_where_he_types_his_code(acme, browser, books):
    pushed = await asked(acme)
    await opened(acme, browser, pushed, "bob")
    await browser.press("consent-approve", account_0=True)
    assert browser.path == "/sca"
    for words in ("£165.88", "ACME Inc", "code to pay 165.88 GBP to ACME Inc is 123456"):
        assert words in browser.page.text
    await browser.press("otp-submit", otp="123456")
    tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    assert await books.consents.state_of(tokens.grant_id) == "authorised"


async def test_bob_may_say_no_after_he_has_seen_it(acme, browser, books):
    pushed = await asked(acme)
    consent_id = await books.consents.last_payment()
    await opened(acme, browser, pushed, "bob")
    await browser.press("consent-approve", account_0=True)
    await browser.press("consent-deny")
    assert browser.answer["error"] == "access_denied"
    assert await books.consents.state_of(consent_id) == "rejected"


async def test_a_decision_through_the_control_api_fits_a_payment(acme, browser, books):
    pushed = await asked(acme)
    await acme.decide(await books.consents.last_payment())
    await browser.open(await acme.authorization_url(pushed.request_uri))
    tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    assert len(tokens.authorization_details[0]["account_ids"]) == 1


@pytest.mark.parametrize(
    "details",
    [
        in_detail(instructedAmount={"currency": "GBP", "amount": "165.885"}),
        in_detail(creditorAccount={"iban": "GB30NWBK60161331926819"}),
        json.dumps([PAYMENT, {"type": "account_information", "permissions": ["accounts_detail"]}]),
    ],
    ids=["rounded", "mistyped", "mixed"],
)
async def test_a_payment_without_valid_terms_leaves_nothing_behind(acme, books, details):
    before = await books.watched()
    with pytest.raises(Refused) as refused:
        await asked(acme, details)
    check_error(refused.value.answer, "invalid_authorization_details")
    await books.check_nothing_written(before)


async def test_the_books_are_whole_after_all_this(books):
    await books.check_whole()
