"""Consents to variable recurring payments over mutual TLS, on both installations: lodged, read on the bank's page, given, ended.

OBIE R/W 4.0 Domestic VRP Consents.
"""

from typing import Any

import pytest

from sandbox.tpp_kit.vrp import CONSENTS, RecurringPayments
from tests.harness.forms import Browser
from tests.harness.judged import JudgedTpp
from tests.journeys.paying import GONE, changed
from tests.journeys.recurring import INITIATION, PARAMETERS, RISK, fault_of, give, limit, lodgement

NAME_71 = "N" * 71


async def status_of(vrp: RecurringPayments, consent_id: str) -> str:
    status: str = (await vrp.read(f"{CONSENTS}/{consent_id}")).json()["Data"]["Status"]
    return status


@pytest.mark.spec("OBIE-RW-4.0-domestic-vrp-consents")
async def test_alice_reads_the_limits_and_allows_the_payments(acme: JudgedTpp, browser: Browser):
    vrp = RecurringPayments(acme)
    lodged = await vrp.lodge(PARAMETERS, INITIATION, risk=RISK, ReadRefundAccount="Yes")
    data = lodged.document["Data"]
    assert (data["Status"], data["ControlParameters"], data["Initiation"]) == ("AWAU", PARAMETERS, INITIATION)
    assert (lodged.document["Risk"], data["ReadRefundAccount"]) == (RISK, "Yes")
    pushed = await acme.push_authorization_request(lodged.id, "openid payments")
    await browser.open(await acme.authorization_url(pushed.request_uri))
    await browser.press("login-submit", username="alice", password="alice-pw")
    text = " ".join(browser.page.text.split())
    for words in (
        "make payments to ACME Savings",
        "Moving your money between your own accounts",
        "Each payment Up to £5.00",
        "In each day Up to £8.00 in all",
        "In each month, counted from the first day Up to £9.00 in all",
    ):
        assert words in text
    await browser.press("consent-approve", account_0=True)
    await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    given = (await vrp.read(f"{CONSENTS}/{lodged.id}")).json()["Data"]
    assert given["Status"] == "AUTH"
    assert given["DebtorAccount"]["SchemeName"] == "UK.OBIE.SortCodeAccountNumber"
    assert given["DebtorAccount"]["Name"] == "Alice Archer"


async def test_a_tpp_withdraws_and_the_consent_is_unknown(acme: JudgedTpp, borough: JudgedTpp):
    vrp = RecurringPayments(acme)
    lodged = await vrp.lodge(PARAMETERS, INITIATION)
    await give(acme, lodged.id)
    assert fault_of(await RecurringPayments(borough).withdraw(lodged.id))[:2] == (400, "U011"), "another TPP's"
    assert fault_of(await vrp.read(f"/domestic-payment-consents/{lodged.id}"))[:2] == (400, "U011"), "another product's"
    assert (await vrp.withdraw(lodged.id)).status == 204
    for gone in (await vrp.withdraw(lodged.id), await vrp.read(f"{CONSENTS}/{lodged.id}")):
        assert fault_of(gone)[:2] == (400, "U011")


async def test_a_repeat_under_one_key_lodges_nothing_new(acme: JudgedTpp):
    vrp = RecurringPayments(acme)
    first, again = [await vrp.post(CONSENTS, lodgement(), key="vrp-once") for _ in range(2)]
    assert first.json()["Data"]["ConsentId"] == again.json()["Data"]["ConsentId"]
    other = lodgement(PARAMETERS | {"PeriodicLimits": [limit("Day", "9.00")]})
    assert fault_of(await vrp.post(CONSENTS, other, key="vrp-once"))[:2] == (400, "U029")


@pytest.mark.spec("OBIE-RW-4.0-domestic-vrp-consents")
async def test_what_alice_stopped_she_may_allow_again(acme: JudgedTpp, browser: Browser):
    """CANC may become AUTH: "Consent Re-authentication"."""
    vrp = RecurringPayments(acme)
    lodged = await vrp.lodge(PARAMETERS, INITIATION)
    await give(acme, lodged.id)
    await browser.open(f"{acme.folder.issuer}/consents")
    await browser.press("login-submit", username="alice", password="alice-pw")
    await browser.open(f"{acme.folder.issuer}/consents/{lodged.id}/revoke")
    await browser.press("revoke-confirm")
    assert await status_of(vrp, lodged.id) == "CANC"
    await give(acme, lodged.id)
    assert await status_of(vrp, lodged.id) == "AUTH"


P = "Data.ControlParameters"
REFUSED: list[tuple[str, Any, str, str | None]] = [
    (f"{P}.PeriodicLimits", [limit("Fortnight", "9.00", "Calendar")], "U002", f"{P}.PeriodicLimits[0].PeriodAlignment"),
    (f"{P}.PeriodicLimits", [limit("Day", "9.00"), limit("Day", "8.00")], "U005", f"{P}.PeriodicLimits[1].PeriodType"),
    (f"{P}.PeriodicLimits", [limit("Day", "9.00"), limit("Month", "4.99")], "U002", f"{P}.PeriodicLimits[1].Amount"),
    (f"{P}.PeriodicLimits", [limit("Day", "9.00", currency="EUR")], "U023", f"{P}.PeriodicLimits[0].Currency"),
    (f"{P}.PeriodicLimits", [limit("Day", "0")], "U002", f"{P}.PeriodicLimits[0].Amount"),
    (f"{P}.PeriodicLimits", [limit("Decade", "9.00")], "U002", None),
    (f"{P}.PeriodicLimits", [], "U002", None),
    (f"{P}.PeriodicLimits", GONE, "U004", None),
    (f"{P}.MaximumIndividualAmount", {"Amount": "5.001", "Currency": "GBP"}, "U002", f"{P}.MaximumIndividualAmount.Amount"),
    (f"{P}.ValidToDateTime", "2020-01-01T00:00:00Z", "U003", f"{P}.ValidToDateTime"),
    (f"{P}.ValidToDateTime", "tomorrow", "U003", f"{P}.ValidToDateTime"),
    (f"{P}.VRPType", ["UK.OBIE.VRPType.Gift"], "U002", f"{P}.VRPType[0]"),
    (f"{P}.PSUAuthenticationMethods", ["UK.OBIE.Nod"], "U002", f"{P}.PSUAuthenticationMethods[0]"),
    ("Data.Initiation.CreditorAccount", GONE, "U004", "Data.Initiation.CreditorAccount"),
    ("Data.Initiation.CreditorAccount.Name", NAME_71, "U002", None),
    ("Data.Initiation.CreditorAccount.SchemeName", "UK.OBIE.Paym", "U027", "Data.Initiation.CreditorAccount.SchemeName"),
    ("Data.Initiation.DebtorAccount", {"SchemeName": "UK.OBIE.IBAN", "Identification": "GB00", "Name": "A"}, "U021", None),
]


@pytest.mark.spec("OBIE-RW-4.0-control-parameters")
@pytest.mark.parametrize(("path", "value", "code", "named"), REFUSED, ids=lambda each: str(each)[:60])
async def test_parameters_that_no_one_could_keep_are_refused(
    acme: JudgedTpp, books: Any, path: str, value: Any, code: str, named: str | None
):
    vrp = RecurringPayments(acme)
    before = await books.watched()
    answer = await vrp.post(CONSENTS, changed(lodgement(), path, value))
    status, found, at = fault_of(answer)
    assert (status, found) == (400, code)
    assert named in (None, at)
    await books.check_nothing_written(before)


async def test_a_time_that_never_begins_is_refused(acme: JudgedTpp):
    never = PARAMETERS | {"ValidFromDateTime": "2098-01-02T00:00:00Z", "ValidToDateTime": "2098-01-01T00:00:00Z"}
    answer = await RecurringPayments(acme).post(CONSENTS, lodgement(never))
    assert fault_of(answer) == (400, "U003", f"{P}.ValidFromDateTime")


async def test_the_books_are_whole_after_all_this(books: Any):
    await books.check_whole()
