"""A card issuer's checks of funds, over mutual TLS on both installations: the customer allows them on the bank's pages, each is answered yes
or no, and the customer reads and ends them. OBIE R/W 4.0 Confirmation of Funds; Directive (EU) 2015/2366 article 65.
"""

import secrets
from typing import Any

import pytest

from kernel.brand import FUNDS_CHECKS_PER_DAY
from sandbox.tpp_kit.answers import Tokens
from sandbox.tpp_kit.funds import CHECKS, SCOPE, FundsChecks
from sandbox.tpp_kit.wire import Answer
from tests.harness.forms import Browser
from tests.harness.judged import JudgedTpp
from tests.journeys.paying import numbers_of

NO_ONES = "80200199999999"


def account_of(number: str) -> dict[str, str]:
    return {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": number}


def alices(tpp: JudgedTpp) -> dict[str, str]:
    return account_of(next(iter(numbers_of(tpp, "alice").values())))


async def begin(tpp: JudgedTpp, browser: Browser, consent_id: str, name: str = "alice") -> Any:
    pushed = await tpp.push_authorization_request(consent_id, f"openid {SCOPE}")
    await browser.open(await tpp.authorization_url(pushed.request_uri))
    await browser.press("login-submit", username=name, password=f"{name}-pw")
    return pushed


async def allowed(tpp: JudgedTpp, consent_id: str) -> Tokens:
    """By the control API, as if Alice had pressed the button."""
    pushed = await tpp.push_authorization_request(consent_id, f"openid {SCOPE}")
    await tpp.decide(consent_id, "approve", "alice", None)
    return await tpp.redeem(await tpp.authorize_without_page(pushed), pushed)


def fault_of(answer: Answer) -> tuple[int, str | None, str | None]:
    error = answer.json()["Errors"][0] if answer.body else {}
    return answer.status, error.get("ErrorCode"), error.get("Path")


async def status_of(funds: FundsChecks, consent_id: str) -> str:
    return (await funds.read(consent_id)).json()["Data"]["Status"]


@pytest.mark.spec("OBIE-RW-4.0-confirmation-of-funds-consents", "OBIE-RW-4.0-confirmation-of-funds", "PSD2-65")
async def test_alice_allows_the_checks_reads_them_and_stops_them(acme: JudgedTpp, browser: Browser):
    funds = FundsChecks(acme)
    lodged = await funds.lodge(alices(acme))
    assert lodged.document["Data"]["Status"] == "AWAU"
    pushed = await begin(acme, browser, lodged.id)
    assert "ask whether you have funds" in browser.page.text
    await browser.press("consent-approve")
    tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    assert await status_of(funds, lodged.id) == "AUTH"
    there, reference = await funds.check(tokens.access_token, lodged.id, "1.00"), f"TILL-{secrets.token_hex(4)}"
    too_much = await funds.check(tokens.access_token, lodged.id, "9999999999.99", reference=reference)
    assert (there.status, too_much.status) == (201, 201)
    for answer, available in ((there, True), (too_much, False)):
        data = answer.json()["Data"]
        assert data.pop("FundsAvailable") is available
        assert sorted(data) == ["ConsentId", "CreationDateTime", "FundsConfirmationId", "InstructedAmount", "Reference"]
    await check_history(acme, browser, lodged.id, reference)
    refused = await funds.check(tokens.access_token, lodged.id, "1.00")
    assert fault_of(refused) == (401, None, None), "the tokens ended with the consent"
    assert await status_of(funds, lodged.id) == "CANC"


async def check_history(acme: JudgedTpp, browser: Browser, consent_id: str, reference: str) -> None:
    """Alice reads both answers on her dashboard, and stops them there."""
    await browser.open(f"{acme.folder.issuer}/consents")
    await browser.press("login-submit", username="alice", password="alice-pw")
    await browser.open(f"{acme.folder.issuer}/consents/checks/{consent_id}")
    text = " ".join(browser.page.text.split())
    assert f"£9,999,999,999.99: No, it was not there. Their reference: {reference}" in text
    assert "£1.00: Yes, it was there. Their reference: Purchase02" in text
    await browser.open(f"{acme.folder.issuer}/consents/{consent_id}/revoke")
    await browser.press("revoke-confirm")


async def test_what_was_not_agreed_to_is_refused(acme: JudgedTpp, borough: JudgedTpp):
    funds, others = FundsChecks(acme), FundsChecks(borough)
    lodged, foreign = await funds.lodge(alices(acme)), await others.lodge(alices(acme))
    tokens = await allowed(acme, lodged.id)
    for consent_id in (foreign.id, "5e3c4a7a-21d5-4b0e-9d2e-1f6f0b7c8a55"):
        answer = await funds.check(tokens.access_token, consent_id, "1.00")
        assert fault_of(answer) == (400, "U008", "Data.ConsentId")
    answer = await funds.check(tokens.access_token, lodged.id, "1.00", currency="EUR")
    assert fault_of(answer) == (400, "U023", "Data.InstructedAmount.Currency")
    answer = await funds.check(tokens.access_token, lodged.id, "0")
    assert fault_of(answer) == (400, "U002", "Data.InstructedAmount.Amount")
    own = await acme.client_credentials_token(SCOPE)
    assert (await funds.check(own, lodged.id, "1.00")).status == 401
    accounts = await acme.client_credentials_token("accounts")
    assert (await funds.post(CHECKS, accounts, {})).status in {401, 403}
    for unread in (foreign.id, "unknown"):
        assert fault_of(await funds.read(unread))[:2] == (400, "U011")
    assert (await funds.withdraw(lodged.id)).status == 204
    assert (await funds.check(tokens.access_token, lodged.id, "1.00")).status == 401
    assert fault_of(await funds.read(lodged.id))[:2] == (400, "U011")
    assert fault_of(await funds.withdraw(lodged.id))[:2] == (400, "U011")


async def test_an_account_that_alice_does_not_hold_leads_to_a_rejected_consent(acme: JudgedTpp, browser: Browser):
    funds = FundsChecks(acme)
    lodged = await funds.lodge(account_of(NO_ONES))
    await begin(acme, browser, lodged.id)
    assert "names an account that you do not hold" in browser.page.text
    await browser.press("consent-deny")
    assert await status_of(funds, lodged.id) == "RJCT"


async def test_a_card_issuer_asks_so_often_a_day_and_no_more(acme: JudgedTpp):
    funds = FundsChecks(acme)
    lodged = await funds.lodge(alices(acme))
    tokens = await allowed(acme, lodged.id)
    first = await funds.check(tokens.access_token, lodged.id, "1.00")
    answers = [await funds.check(tokens.access_token, lodged.id, "1.00") for _ in range(FUNDS_CHECKS_PER_DAY)]
    assert {answer.status for answer in answers[:-1]} == {201}
    assert answers[-1].status == 429
    assert int(answers[-1].header("Retry-After") or 0) > 0
    assert first.json()["Data"]["FundsAvailable"] is True
