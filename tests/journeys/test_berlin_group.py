"""Berlin Group account information as a TPP sees it: a consent that names accounts, the page that shows it, and what it opens."""

import json
import uuid
from typing import Any

import pytest

from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.wire import Answer
from tests.harness.forms import Browser
from tests.harness.judged import JudgedTpp

PRESENT = {"PSU-IP-Address": "192.0.2.7"}


class BerlinGroup:
    """The dialect as one TPP speaks it."""

    def __init__(self, tpp: JudgedTpp) -> None:
        self.tpp = tpp
        self.base = tpp.server.ready["dialects"]["berlin_group/v1.3"]

    async def call(self, method: str, path: str, token: str, body: Any = None, **headers: str) -> Answer:
        shown = {"X-Request-ID": str(uuid.uuid4()), "x-fapi-interaction-id": None, **PRESENT, **headers}
        sent = b"" if body is None else json.dumps(body).encode()
        url = path if path.startswith("https://") else self.base + path
        return await self.tpp.call(method, url, token, sent, knobs=Knobs(headers=shown))

    async def lodge(self, access: dict[str, Any]) -> str:
        body = {
            "access": access,
            "recurringIndicator": True,
            "validUntil": "9999-12-31",
            "frequencyPerDay": 4,
            "combinedServiceIndicator": False,
        }
        lodged = await self.call("POST", "/consents", await self.tpp.client_credentials_token(), body)
        assert lodged.status == 201, lodged.body
        return str(lodged.json()["consentId"])

    async def consent(self, consent_id: str) -> dict[str, Any]:
        read = await self.call("GET", f"/consents/{consent_id}", await self.tpp.client_credentials_token())
        assert read.status == 200, read.body
        found: dict[str, Any] = read.json()
        return found


@pytest.fixture
def berlin(acme: JudgedTpp) -> BerlinGroup:
    return BerlinGroup(acme)


async def ibans(berlin: BerlinGroup, tpp: JudgedTpp, persona: str = "alice") -> list[str]:
    """Of the persona's accounts, as another consent shows them."""
    grant = await tpp.granted(persona)
    accounts = (await tpp.get("/accounts", grant.token, knobs=Knobs(headers={"x-fapi-customer-ip-address": "192.0.2.7"}))).json()
    numbers = [number for each in accounts["Data"]["Account"] for number in each["Account"]]
    return [each["Identification"] for each in numbers if each["SchemeName"] == "UK.OBIE.IBAN"]


@pytest.mark.spec("BG-XS2A-1.3-account-access", "BG-XS2A-1.3-oauth2-sca-approach")
async def test_a_consent_opens_balances_of_two_accounts_and_transactions_of_one(berlin, acme, browser: Browser):
    first, second, *_ = await ibans(berlin, acme)
    strangers = (await ibans(berlin, acme, "bob"))[0]
    access = {"balances": [{"iban": first}, {"iban": second}, {"iban": strangers}], "transactions": [{"iban": second}]}
    consent_id = await berlin.lodge(access)
    assert (await berlin.consent(consent_id))["access"] == access

    pushed = await acme.push_authorization_request(None, f"openid accounts AIS:{consent_id}")
    await browser.open(await acme.authorization_url(pushed.request_uri))
    await browser.press("login-submit", username="alice", password="alice-pw")
    assert "accounts-withheld" in browser.page.ids
    assert {"account-0", "account-1"} <= browser.page.ids.keys()
    assert "input" not in {browser.page.ids[name] for name in ("account-0", "account-1")}, "nothing is left to choose"
    await browser.press("consent-approve")
    tokens = await acme.redeem(await acme.take_response(browser.landed, pushed), pushed)

    given = await berlin.consent(consent_id)
    assert given["consentStatus"] == "valid"
    assert given["access"] == {"balances": [{"iban": first}, {"iban": second}], "transactions": [{"iban": second}]}
    known = {}
    for each in (await acme.get("/accounts", tokens.access_token)).json()["Data"]["Account"]:
        named = {"Consent-ID": consent_id}
        told = await berlin.call("GET", f"/accounts/{each['AccountId']}?withBalance=true", tokens.access_token, **named)
        assert told.status == 200, told.body
        assert told.json()["account"]["balances"]
        known[told.json()["account"]["iban"]] = each["AccountId"]
    assert known.keys() == {first, second}
    assert (await acme.get(f"/accounts/{known[second]}/transactions", tokens.access_token)).status == 200
    assert (await acme.get(f"/accounts/{known[first]}/transactions", tokens.access_token)).status == 403
