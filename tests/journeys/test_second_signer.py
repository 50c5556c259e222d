"""A joint account from outside: the TPP asks, Erin signs on her journey, Frank on the dashboard, and the TPP sees each state.

NextGenPSD2 XS2A 1.3, "Consent Status" (partiallyAuthorised); for a payment in detail, RFC 9396 and RTS (EU) 2018/389 article 5.
"""

import json
import uuid

import pytest

from sandbox.tpp_kit.knobs import Knobs
from tests.harness.forms import Browser
from tests.journeys.test_payment_consents import asked as ask_payment
from tests.journeys.test_payment_consents import opened

CONSENT = {
    "access": {"accounts": [], "balances": []},
    "recurringIndicator": True,
    "validUntil": "2099-12-31",
    "frequencyPerDay": 4,
    "combinedServiceIndicator": False,
}


class BerlinGroup:
    """The same TPP in another standard."""

    def __init__(self, tpp):
        self.tpp = tpp
        self.base = tpp.server.ready["dialects"]["berlin_group/v1.3"]

    def headers(self):
        return Knobs(headers={"X-Request-ID": str(uuid.uuid4()), "PSU-IP-Address": "192.0.2.7"})

    async def lodge(self):
        token = await self.tpp.client_credentials_token()
        answer = await self.tpp.post(f"{self.base}/consents", token, json.dumps(CONSENT).encode(), knobs=self.headers())
        assert answer.status == 201, answer.body
        return answer.json()["consentId"]

    async def status(self, consent_id):
        token = await self.tpp.client_credentials_token()
        answer = await self.tpp.get(f"{self.base}/consents/{consent_id}/status", token, knobs=self.headers())
        return answer.json()["consentStatus"]

    async def ask(self, consent_id):
        return await self.tpp.push_authorization_request(None, f"openid accounts AIS:{consent_id}")

    async def read(self, consent_id, token):
        """An account that does not exist: what is refused before that is the consent."""
        headers = Knobs(headers={**self.headers().headers, "Consent-ID": consent_id})
        return await self.tpp.get(f"{self.base}/accounts/{uuid.uuid4()}", token, knobs=headers)


@pytest.fixture
def berlin_group(acme):
    return BerlinGroup(acme)


async def visit(acme, browser, name):
    """Inside the dashboard."""
    await browser.open(f"{acme.folder.issuer}/consents")
    await browser.press("login-submit", username=name, password=f"{name}-pw")
    if "otp-submit" in browser.html:
        await browser.press("otp-submit", otp="123456")


async def answer(acme, name, consent_id, button):
    async with Browser(acme.folder.ca) as browser:
        await visit(acme, browser, name)
        await browser.open(f"/consents/signatures/{consent_id}")
        assert "Erin Fletcher" in browser.page.text
        await browser.press(button)
        if "otp-submit" in browser.html:
            await browser.press("otp-submit", otp="123456")
        assert browser.path in ("/consents", f"/consents/results/{consent_id}")
        return browser.page.text


async def signed_by_erin(acme, berlin_group):
    consent_id = await berlin_group.lodge()
    assert await berlin_group.status(consent_id) == "received"
    pushed = await berlin_group.ask(consent_id)
    async with Browser(acme.folder.ca) as browser:
        await opened(acme, browser, pushed, "erin")
        assert "Others must agree too" in browser.page.text
        await browser.press("consent-approve", account_0=True)
        tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    return consent_id, tokens


async def test_frank_signs_what_erin_signed_and_only_then_it_opens(acme, berlin_group):
    consent_id, tokens = await signed_by_erin(acme, berlin_group)
    assert await berlin_group.status(consent_id) == "partiallyAuthorised"
    refused = await berlin_group.read(consent_id, tokens.access_token)
    assert refused.status == 401
    assert [message["code"] for message in refused.json()["tppMessages"]] == ["CONSENT_INVALID"]
    assert "You have agreed" in await answer(acme, "frank", consent_id, "consent-approve")
    assert await berlin_group.status(consent_id) == "valid"
    opened = await berlin_group.read(consent_id, tokens.access_token)
    assert opened.status != 401, "the consent is in force; the account is unknown"
    assert (await acme.refresh(tokens.refresh_token)).access_token


async def test_frank_refuses_what_erin_signed(acme, berlin_group):
    consent_id, tokens = await signed_by_erin(acme, berlin_group)
    assert await berlin_group.status(consent_id) == "partiallyAuthorised"
    assert "You have not agreed" in await answer(acme, "frank", consent_id, "consent-deny")
    assert await berlin_group.status(consent_id) == "rejected"
    assert (await berlin_group.read(consent_id, tokens.access_token)).status == 401


async def test_a_payment_from_a_joint_account_is_signed_by_both(acme, books):
    pushed = await ask_payment(acme)
    consent_id = await books.consents.last_payment()
    async with Browser(acme.folder.ca) as browser:
        await opened(acme, browser, pushed, "erin")
        await browser.press("consent-approve", account_0=True)
        tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    assert await books.consents.state_of(consent_id) == "partially_authorised"
    assert (await acme.introspect(tokens.access_token)).json() == {"active": False}
    await answer(acme, "frank", consent_id, "consent-approve")
    assert await books.consents.state_of(consent_id) == "authorised"
    assert (await acme.introspect(tokens.access_token)).json()["active"] is True
