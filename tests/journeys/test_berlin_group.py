"""Berlin Group account information as a TPP sees it that has a qualified certificate and no token: it lodges a consent that names accounts,
its customer agrees on a page, and it reads what was opened, by the consent's id."""

import json
import uuid
from typing import Any

import pytest

from kernel.banking.iban import is_iban
from sandbox.tpp_kit.answers import Tokens
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.wire import Answer
from tests.harness.books.books import Books
from tests.harness.forms import Browser
from tests.harness.judged import JudgedTpp

PRESENT = {"PSU-IP-Address": "192.0.2.7"}
SINCE = "?dateFrom=2020-01-01&bookingStatus=both"


class BerlinGroup:
    """The dialect as one TPP uses it: by its certificate alone."""

    def __init__(self, tpp: JudgedTpp) -> None:
        self.tpp = tpp
        self.base = tpp.server.ready["dialects"]["berlin_group/v1.3"]

    async def call(self, method: str, path: str, body: Any = None, **headers: str | None) -> Answer:
        changes = {"X-Request-ID": str(uuid.uuid4()), "x-fapi-interaction-id": None}
        shown = changes | {name.replace("_", "-"): value for name, value in headers.items()}
        sent = b"" if body is None else json.dumps(body).encode()
        url = path if path.startswith("https://") else self.base + path
        return await self.tpp.call(method, url, None, sent, knobs=Knobs(headers=shown))

    async def lodge(self, access: dict[str, Any], **changes: Any) -> str:
        body = {
            "access": access,
            "recurringIndicator": True,
            "validUntil": "9999-12-31",
            "frequencyPerDay": 4,
            "combinedServiceIndicator": False,
        }
        lodged = await self.call("POST", "/consents", body | changes, **PRESENT)
        assert lodged.status == 201, lodged.body
        consent_id = str(lodged.json()["consentId"])
        assert lodged.header("Location") == f"{self.base}/consents/{consent_id}"
        assert (lodged.header("ASPSP-SCA-Approach"), lodged.json()["consentStatus"]) == ("REDIRECT", "received")
        assert lodged.json()["_links"].keys() == {"scaOAuth", "self", "status"}
        return consent_id

    async def consent(self, consent_id: str) -> dict[str, Any]:
        read = await self.call("GET", f"/consents/{consent_id}")
        assert read.status == 200, read.body
        found: dict[str, Any] = read.json()
        return found

    async def authorisations(self, consent_id: str) -> dict[str, str]:
        """The status of each."""
        here = f"/consents/{consent_id}/authorisations"
        listed = await self.call("GET", here)
        assert listed.status == 200, listed.body
        ids = listed.json()["authorisationIds"]
        return {each: (await self.call("GET", f"{here}/{each}")).json()["scaStatus"] for each in ids}

    async def agreed(self, consent_id: str, browser: Browser, persona: str = "alice", chosen: tuple[str, ...] = ()) -> Tokens:
        """The customer agrees to exactly what the page shows, or to the accounts that they choose there."""
        pushed = await self.tpp.push_authorization_request(None, f"openid accounts AIS:{consent_id}")
        await browser.open(await self.tpp.authorization_url(pushed.request_uri))
        await browser.press("login-submit", username=persona, password=f"{persona}-pw")
        if "otp-submit" in browser.page.ids:
            await browser.press("otp-submit", otp="123456")
        assert (browser.page.ids["account-0"] == "input") == bool(chosen), "nothing is left to choose, or something is"
        await browser.press("consent-approve", **dict.fromkeys(chosen, True))
        return await self.tpp.redeem(await self.tpp.take_response(browser.landed, pushed), pushed)


def code_of(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json()["tppMessages"][0]["code"]


@pytest.fixture
def berlin(acme: JudgedTpp) -> BerlinGroup:
    return BerlinGroup(acme)


async def ibans(tpp: JudgedTpp, persona: str = "alice") -> list[str]:
    """Of the persona's accounts, as another consent shows them."""
    grant = await tpp.granted(persona)
    accounts = (await tpp.get("/accounts", grant.token, knobs=Knobs(headers={"x-fapi-customer-ip-address": "192.0.2.7"}))).json()
    numbers = [number["Identification"] for each in accounts["Data"]["Account"] for number in each["Account"]]
    return [each for each in numbers if is_iban(each)]


@pytest.mark.spec("BG-XS2A-1.3-account-access", "BG-XS2A-1.3-oauth2-sca-approach", "BG-XS2A-1.3-read-transaction-list")
async def test_a_consent_opens_balances_of_two_accounts_and_transactions_of_one(berlin, acme, borough, browser: Browser):
    first, second, *_ = await ibans(acme)
    strangers = (await ibans(acme, "bob"))[0]
    access = {"balances": [{"iban": first}, {"iban": second}, {"iban": strangers}], "transactions": [{"iban": second}]}
    consent_id = await berlin.lodge(access)
    assert (await berlin.consent(consent_id))["access"] == access
    named = {"Consent_ID": consent_id}
    assert code_of(await berlin.call("GET", "/accounts", **named)) == (401, "CONSENT_INVALID"), "no one agreed yet"

    await berlin.agreed(consent_id, browser)
    given = await berlin.consent(consent_id)
    assert given["consentStatus"] == "valid"
    assert given["access"] == {"balances": [{"iban": first}, {"iban": second}], "transactions": [{"iban": second}]}

    listed = await berlin.call("GET", "/accounts?withBalance=true", **named, **PRESENT)
    assert listed.status == 200, listed.body
    accounts = {each["iban"]: each for each in listed.json()["accounts"]}
    assert accounts.keys() == {first, second}
    assert all(each["balances"] for each in accounts.values())
    assert [accounts[each]["_links"].keys() for each in (first, second)] == [{"balances"}, {"balances", "transactions"}]
    for each in accounts.values():
        stated = await berlin.call("GET", each["_links"]["balances"]["href"], **named, **PRESENT)
        amounts = [[balance["balanceAmount"] for balance in found["balances"]] for found in (stated.json(), each)]
        assert (stated.status, amounts[0]) == (200, amounts[1])
    read = await berlin.call("GET", accounts[second]["_links"]["transactions"]["href"] + SINCE, **named, **PRESENT)
    assert read.status == 200, read.body
    assert read.json()["transactions"]["booked"]
    refused = await berlin.call("GET", f"/accounts/{accounts[first]['resourceId']}/transactions{SINCE}", **named, **PRESENT)
    assert code_of(refused) == (401, "CONSENT_INVALID")

    foreign = await BerlinGroup(borough).call("GET", "/accounts", **named)
    unknown = await BerlinGroup(borough).call("GET", "/accounts", Consent_ID=str(uuid.uuid4()))
    assert code_of(foreign) == (400, "CONSENT_UNKNOWN")
    assert foreign.body == unknown.body, "it looks as if it did not exist"
    assert code_of(await berlin.call("GET", "/accounts")) == (400, "FORMAT_ERROR"), "no consent is named"


@pytest.mark.spec("RTS-36.5", "BG-XS2A-1.3-delete-account-information-consent")
async def test_accesses_by_certificate_are_recorded_counted_and_end_with_the_consent(berlin, browser: Browser, books: Books):
    consent_id = await berlin.lodge({"allPsd2": "allAccounts"})
    await berlin.agreed(consent_id, browser)
    named = {"Consent_ID": consent_id}
    assert (await berlin.call("GET", "/accounts", **named, **PRESENT)).status == 200
    for _ in range(4):
        assert (await berlin.call("GET", "/accounts", **named)).status == 200
    assert code_of(await berlin.call("GET", "/accounts", **named)) == (429, "ACCESS_EXCEEDED")
    assert (await berlin.call("GET", "/accounts", **named, **PRESENT)).status == 200, "the customer is there"

    entries: list[Any] = []
    for _ in range(50):
        accessed = await books.records.entries(kind="data.accessed", aggregate_id=consent_id)
        entries = [row for row in accessed if json.loads(row.facts)["operation"] == "list_accounts"]
        if len(entries) == 6:
            break
        await berlin.consent(consent_id)  # a record is committed within 50 ms: do something meanwhile
    assert len(entries) == 6
    client = json.loads((berlin.tpp.server.state_dir / "tpps" / "acme" / "client.json").read_text())
    assert {row.actor for row in entries} == {f"organisation:{client['organisation_id']}"}
    assert all(json.loads(row.facts)["accounts"] for row in entries)

    assert (await berlin.call("DELETE", f"/consents/{consent_id}")).status == 204
    assert code_of(await berlin.call("GET", "/accounts", **named, **PRESENT)) == (401, "CONSENT_INVALID")
    assert (await berlin.consent(consent_id))["consentStatus"] == "terminatedByTpp"
    status = await berlin.call("GET", f"/consents/{consent_id}/status")
    assert (status.status, status.json()) == (200, {"consentStatus": "terminatedByTpp"})


@pytest.mark.spec("BG-XS2A-1.3-establish-account-information-consent")
async def test_a_new_recurring_consent_ends_the_former_one(berlin, acme, browser: Browser):
    """XS2A 1.3, "Create consent", Side Effects: it expires as soon as the new one is authorised."""
    former = await berlin.lodge({"allPsd2": "allAccounts"})
    tokens = await berlin.agreed(former, browser)
    assert (await berlin.call("GET", "/accounts", Consent_ID=former, **PRESENT)).status == 200
    new = await berlin.lodge({"availableAccounts": "allAccounts"})
    assert (await berlin.call("GET", "/accounts", Consent_ID=former, **PRESENT)).status == 200, "no one agreed to the new one"

    await berlin.agreed(new, browser)
    assert code_of(await berlin.call("GET", "/accounts", Consent_ID=former, **PRESENT)) == (401, "CONSENT_EXPIRED")
    assert (await berlin.consent(former))["consentStatus"] == "expired"
    assert (await acme.introspect(tokens.access_token)).json() == {"active": False}
    assert (await berlin.call("GET", "/accounts", Consent_ID=new, **PRESENT)).status == 200
    assert code_of(await berlin.call("DELETE", f"/consents/{former}")) == (401, "CONSENT_EXPIRED")


@pytest.mark.spec("BG-XS2A-1.3-account-access", "BG-XS2A-1.3-get-consent-request")
async def test_a_consent_shows_the_accounts_that_it_opens_until_they_close_or_it_ends(own_server):
    """XS2A 1.3, "Get Consent Request": the TPP learns what was settled between PSU and bank alone."""
    async with JudgedTpp.of(own_server, "acme") as tpp, Browser(tpp.folder.ca) as browser, Browser(tpp.folder.ca) as another:
        berlin = BerlinGroup(tpp)
        everything = await berlin.lodge({"availableAccountsWithBalance": "allAccounts"})
        await berlin.agreed(everything, another, "bob")
        assert await shown_by(berlin, everything) == dict.fromkeys(("accounts", "balances"), await opened_by(berlin, everything))

        consent_id = await berlin.lodge({"balances": [], "transactions": []})
        assert not any((await shown_by(berlin, consent_id)).values())
        await berlin.agreed(consent_id, browser, chosen=("account-0", "account-1"))
        kept, gone = opened = await opened_by(berlin, consent_id)
        assert await shown_by(berlin, consent_id) == dict.fromkeys(("accounts", "balances", "transactions"), opened)

        listed = (await berlin.call("GET", "/accounts", Consent_ID=consent_id, **PRESENT)).json()["accounts"]
        name = next(each.get("displayName", each["name"]) for each in listed if each["iban"] == gone["iban"])
        closed = await tpp.control(f"/accounts/{name.replace(' ', '%20')}/close", {"persona": "alice"})
        assert closed.json()["closed"]
        assert await shown_by(berlin, consent_id) == {key: [kept] for key in ("accounts", "balances", "transactions")}

        assert (await berlin.call("DELETE", f"/consents/{consent_id}")).status == 204
        assert not any((await shown_by(berlin, consent_id)).values())


@pytest.mark.spec("BG-XS2A-1.3-authorisation-endpoints", "BG-XS2A-1.3-sca-status")
async def test_a_tpp_follows_the_authorisations_of_its_consent(berlin, acme, borough, browser: Browser):
    """XS2A 1.3, "Authorisation Endpoints": the bank creates them itself, when the customer comes to authorise."""
    consent_id = await berlin.lodge({"balances": []})
    here = f"/consents/{consent_id}/authorisations"
    assert await berlin.authorisations(consent_id) == {}
    pushed = await acme.push_authorization_request(None, f"openid accounts AIS:{consent_id}")
    await browser.open(await acme.authorization_url(pushed.request_uri))
    (authorisation_id,) = await berlin.authorisations(consent_id)
    assert await berlin.authorisations(consent_id) == {authorisation_id: "received"}
    await browser.press("login-submit", username="alice", password="alice-pw")
    assert await berlin.authorisations(consent_id) == {authorisation_id: "started"}, "she has not answered yet"
    await browser.press("consent-approve", account_0=True)
    assert await berlin.authorisations(consent_id) == {authorisation_id: "finalised"}

    assert code_of(await berlin.call("GET", f"{here}/{uuid.uuid4()}")) == (404, "RESOURCE_UNKNOWN")
    assert code_of(await berlin.call("POST", here, {}, **PRESENT)) == (405, "SERVICE_INVALID"), "the bank starts them itself"
    for path in (here, f"{here}/{authorisation_id}"):
        assert code_of(await BerlinGroup(borough).call("GET", path)) == (403, "CONSENT_UNKNOWN")
    other = await berlin.lodge({"balances": []})
    assert code_of(await berlin.call("GET", f"/consents/{other}/authorisations/{authorisation_id}")) == (404, "RESOURCE_UNKNOWN")

    pushed = await acme.push_authorization_request(None, f"openid accounts AIS:{other}")
    await browser.open(await acme.authorization_url(pushed.request_uri))
    assert (await berlin.call("DELETE", f"/consents/{other}")).status == 204
    assert list((await berlin.authorisations(other)).values()) == ["failed"], "no one can finish it any more"
    assert await berlin.authorisations(consent_id) == {authorisation_id: "finalised"}


async def shown_by(berlin: BerlinGroup, consent_id: str) -> dict[str, Any]:
    """The lists of accounts of the consent itself."""
    access = (await berlin.consent(consent_id))["access"]
    return {name: accounts for name, accounts in access.items() if isinstance(accounts, list)}


async def opened_by(berlin: BerlinGroup, consent_id: str) -> list[dict[str, str]]:
    """The accounts that the consent lets its TPP read."""
    listed = await berlin.call("GET", "/accounts", Consent_ID=consent_id, **PRESENT)
    assert listed.status == 200, listed.body
    return [{"iban": each["iban"], "currency": each["currency"]} for each in listed.json()["accounts"]]
