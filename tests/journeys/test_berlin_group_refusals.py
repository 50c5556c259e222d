"""Every refusal of Berlin Group that a caller of the operations offered here can cause, caused once, and judged by the standard's document.

NextGenPSD2 XS2A 1.3, "Message Codes". What concerns certificates that are revoked: tests/journeys/test_certificate_standing.py."""

import uuid
from typing import Any

import pytest

from sandbox.tpp_kit.knobs import Knobs
from tests.harness.forms import Browser
from tests.harness.judged import JudgedTpp
from tests.journeys.test_berlin_group import PRESENT, SINCE, BerlinGroup, code_of, opened_by

IBAN = "DE40100100103307118608"
LODGED = {
    "access": {"balances": []},
    "recurringIndicator": True,
    "validUntil": "9999-12-31",
    "frequencyPerDay": 4,
    "combinedServiceIndicator": False,
}
MALFORMED, UNOFFERED = (400, "FORMAT_ERROR"), (400, "SERVICE_INVALID")

# What is wrong with a consent as it is lodged.
CONSENTS: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
    "no access": ({"access": None}, MALFORMED),
    "unknown member": ({"more": True}, MALFORMED),
    "another type": ({"frequencyPerDay": "four"}, MALFORMED),
    "no accesses a day": ({"frequencyPerDay": 0}, MALFORMED),
    "once, and often": ({"recurringIndicator": False}, MALFORMED),
    "no day": ({"validUntil": "31.12.2026"}, MALFORMED),
    "a day that has passed": ({"validUntil": "2020-01-01"}, (400, "PERIOD_INVALID")),
    "no IBAN": ({"access": {"balances": [{"iban": "DE41100100103307118608"}]}}, MALFORMED),
    "no card number": ({"access": {"balances": [{"pan": "any text"}]}}, MALFORMED),
    "some lists empty": ({"access": {"balances": [], "transactions": [{"iban": IBAN}]}}, MALFORMED),
    "two models": ({"access": {"balances": [], "availableAccounts": "allAccounts"}}, MALFORMED),
    "no model": ({"access": {}}, MALFORMED),
    "types of account": ({"access": {"balances": [], "restrictedTo": ["CACC"]}}, UNOFFERED),
    "payees": ({"access": {"balances": [], "additionalInformation": {"trustedBeneficiaries": []}}}, UNOFFERED),
    "with a payment": ({"combinedServiceIndicator": True}, (400, "SESSIONS_NOT_SUPPORTED")),
}

# What is wrong with a listing of transactions.
LISTINGS = {
    "?bookingStatus=both": MALFORMED,
    "?dateFrom=2026-01-01": MALFORMED,
    "?dateFrom=01.01.2026&bookingStatus=both": MALFORMED,
    "?dateFrom=2026-01-01&dateFrom=2026-01-01&bookingStatus=both": MALFORMED,
    "?dateFrom=2026-02-01&dateTo=2026-01-31&bookingStatus=both": (400, "PERIOD_INVALID"),
    "?dateFrom=9999-12-31&bookingStatus=both": (400, "PERIOD_INVALID"),
    "?dateFrom=2026-01-01&bookingStatus=information": (400, "PARAMETER_NOT_SUPPORTED"),
    "?dateFrom=2026-01-01&bookingStatus=both&deltaList=true": (400, "PARAMETER_NOT_SUPPORTED"),
    "?dateFrom=2026-01-01&bookingStatus=both&entryReferenceFrom=1": (400, "PARAMETER_NOT_SUPPORTED"),
    "?dateFrom=2026-01-01&bookingStatus=both&page=invented": (400, "PARAMETER_NOT_CONSISTENT"),
}


@pytest.fixture
def berlin(acme: JudgedTpp) -> BerlinGroup:
    return BerlinGroup(acme)


@pytest.mark.spec("BG-XS2A-1.3-message-codes", "BG-XS2A-1.3-error-information")
async def test_a_consent_that_is_malformed_or_not_offered_is_refused_with_its_code(berlin: BerlinGroup):
    for name, (changes, expected) in CONSENTS.items():
        body = {member: value for member, value in (LODGED | changes).items() if value is not None}
        assert code_of(await berlin.call("POST", "/consents", body, **PRESENT)) == expected, name
    assert code_of(await berlin.call("POST", "/consents", LODGED)) == MALFORMED, "the customer's address is required"
    assert code_of(await berlin.call("POST", "/consents", LODGED, PSU_IP_Address="home")) == MALFORMED
    assert code_of(await berlin.call("POST", "/consents", LODGED, X_Request_ID="1", **PRESENT)) == MALFORMED
    assert code_of(await berlin.call("POST", "/consents", LODGED, X_Request_ID=None, **PRESENT)) == MALFORMED
    plain = await berlin.call("POST", "/consents", LODGED, Content_Type="text/plain", **PRESENT)
    assert (plain.status, plain.body) == (415, b""), "the document defines no body"


@pytest.mark.spec("BG-XS2A-1.3-message-codes", "BG-XS2A-1.3-read-transaction-list")
async def test_a_read_that_is_malformed_not_offered_or_not_consented_is_refused_with_its_code(
    berlin: BerlinGroup, browser: Browser
):
    consent_id = await berlin.lodge({"accounts": [], "transactions": []})
    named = {"Consent_ID": consent_id, **PRESENT}
    assert code_of(await berlin.call("GET", "/accounts", **named)) == (401, "CONSENT_INVALID"), "no one has agreed"
    await berlin.agreed(consent_id, browser, chosen=("account-0",))
    assert await opened_by(berlin, consent_id)
    (account,) = (await berlin.call("GET", "/accounts", **named)).json()["accounts"]
    here = f"/accounts/{account['resourceId']}"
    for query, expected in LISTINGS.items():
        assert code_of(await berlin.call("GET", f"{here}/transactions{query}", **named)) == expected, query
    assert code_of(await berlin.call("GET", f"{here}?withBalance=yes", **named)) == MALFORMED
    assert code_of(await berlin.call("GET", f"{here}/balances", **named)) == (401, "CONSENT_INVALID"), "no right to balances"
    assert code_of(await berlin.call("GET", f"/accounts/{uuid.uuid4()}", **named)) == (404, "RESOURCE_UNKNOWN")
    listing = f"{here}/transactions{SINCE}"
    assert code_of(await berlin.call("GET", listing, Accept="text/plain", **named)) == (406, "REQUESTED_FORMATS_INVALID")
    assert code_of(await berlin.call("GET", "/accounts", Consent_ID=str(uuid.uuid4()), **PRESENT)) == (400, "CONSENT_UNKNOWN")
    assert code_of(await berlin.call("GET", "/accounts", Consent_ID="x" * 129, **PRESENT)) == MALFORMED
    for _ in range(4):
        assert (await berlin.call("GET", here, Consent_ID=consent_id)).status == 200
    assert code_of(await berlin.call("GET", here, Consent_ID=consent_id)) == (429, "ACCESS_EXCEEDED")


@pytest.mark.spec("BG-XS2A-1.3-message-codes")
async def test_a_consent_that_is_not_there_and_a_method_that_is_not_are_refused_with_their_codes(berlin: BerlinGroup):
    for path in (f"/consents/{uuid.uuid4()}", f"/consents/{uuid.uuid4()}/status", "/consents/n0!"):
        assert code_of(await berlin.call("GET", path)) == (403, "CONSENT_UNKNOWN"), path
    assert code_of(await berlin.call("DELETE", f"/consents/{uuid.uuid4()}")) == (403, "CONSENT_UNKNOWN")
    consent_id = await berlin.lodge({"balances": []})
    assert code_of(await berlin.call("PUT", f"/consents/{consent_id}", LODGED)) == (405, "SERVICE_INVALID")
    assert code_of(await berlin.call("GET", "/card-accounts/1", Consent_ID=consent_id)) == (404, "RESOURCE_UNKNOWN")


@pytest.mark.spec("BG-XS2A-1.3-message-codes")
async def test_a_caller_without_a_certificate_or_the_role_is_refused_with_its_code(berlin: BerlinGroup, acme: JudgedTpp, server):
    headers = {"X-Request-ID": str(uuid.uuid4()), "x-fapi-interaction-id": None, **PRESENT}
    bare = await acme.call("GET", f"{berlin.base}/accounts", None, knobs=Knobs(headers=headers, certificate="none"))
    assert code_of(bare) == (401, "CERTIFICATE_MISSING")
    name = f"payer-{uuid.uuid4().hex[:8]}"
    assert (await acme.control("/tpps", {"name": name, "roles": ["PISP"]})).status == 200
    async with JudgedTpp.of(server, name) as payer:
        assert code_of(await BerlinGroup(payer).call("POST", "/consents", LODGED, **PRESENT)) == (401, "ROLE_INVALID")
