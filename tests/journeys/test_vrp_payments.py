"""Payments under a consent to recurring ones, over mutual TLS on both installations: ordered within limits, read, and refused beyond them.

OBIE R/W 4.0 Domestic VRPs.
"""

import asyncio
import uuid
from typing import Any

import pytest

from sandbox.tpp_kit.vrp import CONSENTS, ORDERS, RecurringPayments
from sandbox.tpp_kit.wire import Answer
from tests.harness.forms import Browser
from tests.harness.judged import JudgedTpp
from tests.journeys.paying import changed
from tests.journeys.recurring import INITIATION, PARAMETERS, PAYEE, RISK, Allowed, allow, amounting, fault_of, give
from tests.journeys.test_domestic_payments import FINAL, LOOKS_MAX

P = "Data.ControlParameters"


async def order(acme: JudgedTpp, allowed: Allowed, amount: str = "3.00", *, key: str | None = None, **data: Any) -> Answer:
    vrp = RecurringPayments(acme)
    return await vrp.order(allowed.token, allowed.consent_id, amount, initiation=INITIATION, risk=RISK, key=key, **data)


async def settled(vrp: RecurringPayments, order_id: str) -> dict[str, Any]:
    """The order once its status is final."""
    for _ in range(LOOKS_MAX):
        data: dict[str, Any] = (await vrp.read(f"{ORDERS}/{order_id}")).json()["Data"]
        if data["Status"] in FINAL:
            return data
        await asyncio.sleep(0.05)
    raise AssertionError(f"{order_id} stays {data['Status']}")


@pytest.mark.spec("OBIE-RW-4.0-domestic-vrps", "OBIE-RW-4.0-payment-restrictions")
async def test_a_tpp_pays_again_and_again_up_to_the_limit(acme: JudgedTpp):
    vrp = RecurringPayments(acme)
    allowed = await allow(acme, ReadRefundAccount="Yes")
    key = str(uuid.uuid4())
    first = await order(acme, allowed, key=key)
    assert first.status == 201, first.body
    data = first.json()["Data"]
    assert data["Initiation"] == INITIATION
    assert data["Instruction"]["InstructedAmount"] == amounting("3.00")
    assert (data["Refund"]["SchemeName"], data["Refund"]["Name"]) == ("UK.OBIE.SortCodeAccountNumber", "Alice Archer")
    assert (await order(acme, allowed)).status == 201
    assert fault_of(await order(acme, allowed)) == (400, "U014", f"{P}.PeriodicLimits[0].Amount")
    assert (await order(acme, allowed, "2.00")).status == 201, "what is left may be paid"
    assert fault_of(await order(acme, allowed, "0.01")) == (400, "U014", f"{P}.PeriodicLimits[0].Amount")
    again = await order(acme, allowed, key=key)
    assert (again.status, again.json()["Data"]["DomesticVRPId"]) == (201, data["DomesticVRPId"]), "a repeat is no new payment"
    assert (await settled(vrp, data["DomesticVRPId"]))["Status"] == "ACCC"
    details = (await vrp.read(f"{ORDERS}/{data['DomesticVRPId']}/payment-details")).json()["Data"]["PaymentStatus"]
    assert [each["Status"] for each in details] == ["ACCC"]
    assert (await vrp.read(f"{CONSENTS}/{allowed.consent_id}")).json()["Data"]["Status"] == "AUTH"


BREACHES: list[tuple[dict[str, Any], str, dict[str, Any], str]] = [
    ({}, "5.01", {}, f"{P}.MaximumIndividualAmount.Amount"),
    ({}, "1.00", {"VRPType": "UK.OBIE.VRPType.Other"}, f"{P}.VRPType"),
    ({}, "1.00", {"PSUAuthenticationMethod": "UK.OBIE.SCA"}, f"{P}.PSUAuthenticationMethods"),
    ({}, "1.00", {"PSUInteractionType": "InSession"}, f"{P}.PSUInteractionTypes"),
    ({"ValidFromDateTime": "2098-01-01T00:00:00Z"}, "1.00", {}, f"{P}.ValidFromDateTime"),
]


@pytest.mark.parametrize(("parameters", "amount", "data", "path"), BREACHES, ids=lambda each: str(each)[:50])
async def test_each_parameter_is_kept(acme: JudgedTpp, parameters: dict[str, Any], amount: str, data: dict[str, Any], path: str):
    allowed = await allow(acme, PARAMETERS | parameters)
    assert fault_of(await order(acme, allowed, amount, **data)) == (400, "U014", path)


MISMATCHES: list[tuple[str, Any]] = [
    ("Initiation.CreditorAccount.Name", "ACME Ltd"),
    ("Initiation.RemittanceInformation.Unstructured", ["Other"]),
    ("Instruction.CreditorAccount.Identification", "08080021325699"),
    ("Instruction.CreditorAccount.Name", "ACME Ltd"),
]


@pytest.mark.parametrize(("path", "value"), MISMATCHES)
async def test_what_was_agreed_to_is_what_is_paid(acme: JudgedTpp, path: str, value: Any):
    allowed = await allow(acme)
    instruction = {
        "InstructionIdentification": "SWEEP412",
        "EndToEndIdentification": "SWEEP.21302",
        "InstructedAmount": amounting("1.00"),
        "CreditorAccount": dict(PAYEE),
    }
    wrong = changed({"Initiation": INITIATION, "Instruction": instruction}, path, value)
    status, code, named = fault_of(await order(acme, allowed, "1.00", **wrong))
    assert (status, code) == (400, "U008")
    assert named is not None
    assert f"Data.{path}".startswith(named.partition("[")[0])


async def test_the_party_in_whose_favour_the_payment_is_remains_the_one_that_was_agreed_to(acme: JudgedTpp):
    initiation = {**INITIATION, "UltimateCreditor": {"Name": "Alice Archer"}}
    lodged = await RecurringPayments(acme).lodge(PARAMETERS, initiation, risk=RISK)
    allowed = Allowed(lodged.id, await give(acme, lodged.id))
    instruction = {
        "InstructionIdentification": "SWEEP412",
        "EndToEndIdentification": "SWEEP.21302",
        "InstructedAmount": amounting("1.00"),
        "CreditorAccount": dict(PAYEE),
    }
    for name, expected in (
        ("Mallory", (400, "U008", "Data.Instruction.UltimateCreditor.Name")),
        ("Alice Archer", (201, None, None)),
    ):
        said = {"Initiation": initiation, "Instruction": {**instruction, "UltimateCreditor": {"Name": name}}}
        answer = await order(acme, allowed, "1.00", **said)
        assert (fault_of(answer) if answer.status != 201 else (201, None, None)) == expected


async def test_an_order_gives_the_text_that_its_consent_leaves_empty_and_no_other_reference(acme: JudgedTpp):
    def said(reference: str, *texts: str) -> dict[str, Any]:
        return {"Structured": [{"CreditorReferenceInformation": {"Reference": reference}}], "Unstructured": [*texts]}

    initiation = {"CreditorAccount": dict(PAYEE), "RemittanceInformation": said("Sweepco")}
    lodged = await RecurringPayments(acme).lodge(PARAMETERS, initiation, risk=RISK)
    allowed = Allowed(lodged.id, await give(acme, lodged.id))
    instruction = {
        "InstructionIdentification": "SWEEP412",
        "EndToEndIdentification": "SWEEP.21302",
        "InstructedAmount": amounting("1.00"),
        "CreditorAccount": dict(PAYEE),
    }
    other = {"Initiation": initiation, "Instruction": instruction | {"RemittanceInformation": said("Other", "July")}}
    refused = fault_of(await order(acme, allowed, "1.00", **other))
    assert refused[:2] == (400, "U008")
    assert (refused[2] or "").startswith("Data.Instruction.RemittanceInformation.Structured")
    given = {"Initiation": initiation, "Instruction": instruction | {"RemittanceInformation": said("Sweepco", "July")}}
    answer = await order(acme, allowed, "1.00", **given)
    assert answer.status == 201
    assert answer.json()["Data"]["Instruction"]["RemittanceInformation"] == said("Sweepco", "July")


async def test_a_codes_value_that_no_one_offers_is_refused(acme: JudgedTpp):
    allowed = await allow(acme)
    assert fault_of(await order(acme, allowed, VRPType="UK.OBIE.VRPType.Gift")) == (400, "U002", "Data.VRPType")
    assert fault_of(await order(acme, allowed, ConsentId=str(uuid.uuid4()))) == (400, "U008", "Data.ConsentId")


async def test_a_payment_takes_the_payers_token_and_its_paths_their_own_ids(acme: JudgedTpp, borough: JudgedTpp):
    vrp, allowed = RecurringPayments(acme), await allow(acme)
    own = await acme.client_credentials_token("payments")
    refused = await vrp.order(own, allowed.consent_id, "1.00", initiation=INITIATION, risk=RISK)
    assert refused.status == 401
    assert (await vrp.confirm(own, allowed.consent_id, "1.00")).status == 401
    placed = (await order(acme, allowed)).json()["Data"]["DomesticVRPId"]
    assert fault_of(await vrp.read(f"/domestic-payments/{placed}"))[:2] == (400, "U011"), "another product's path"
    assert fault_of(await RecurringPayments(borough).read(f"{ORDERS}/{placed}"))[:2] == (400, "U011"), "another TPP"
    domestic = await vrp.payments.order(allowed.token, allowed.consent_id, {}, risk=RISK)
    assert domestic.status in {400, 403}, "a consent to recurring payments pays nothing else"


@pytest.mark.spec("OBIE-RW-4.0-domestic-vrp-consents")
async def test_funds_are_confirmed_up_to_what_one_payment_may_be(acme: JudgedTpp):
    vrp, allowed = RecurringPayments(acme), await allow(acme)
    answer = await vrp.confirm(allowed.token, allowed.consent_id, "5.00")
    data = answer.json()["Data"]
    assert (answer.status, data["FundsAvailableResult"]["FundsAvailable"], data["Reference"]) == (201, "Available", "Sweep")
    beyond = await vrp.confirm(allowed.token, allowed.consent_id, "5.01")
    assert fault_of(beyond) == (400, "U014", f"{P}.MaximumIndividualAmount.Amount"), "no balance is found out by asking for more"


@pytest.mark.spec("OBIE-RW-4.0-payment-restrictions")
async def test_fifty_at_once_pay_no_more_than_the_limit(acme: JudgedTpp):
    allowed = await allow(acme)
    answers = await asyncio.gather(*(order(acme, allowed, "1.00") for _ in range(50)))
    assert {answer.status for answer in answers} <= {201, 400, 429, 503}
    assert len([answer for answer in answers if answer.status == 201]) <= 8
    assert {fault_of(answer)[1:] for answer in answers if answer.status == 400} <= {("U014", f"{P}.PeriodicLimits[0].Amount")}
    for _ in range(8):
        await order(acme, allowed, "1.00")
    assert fault_of(await order(acme, allowed, "0.01"))[1] == "U014"


async def test_what_alice_stopped_pays_nothing_and_given_again_counts_on(acme: JudgedTpp, browser: Browser):
    """The counters continue: R/W 4.0, "Consent Re-authentication"."""
    allowed = await allow(acme)
    assert (await order(acme, allowed, "5.00")).status == 201
    await browser.open(f"{acme.folder.issuer}/consents")
    await browser.press("login-submit", username="alice", password="alice-pw")
    await browser.open(f"{acme.folder.issuer}/consents/{allowed.consent_id}/revoke")
    await browser.press("revoke-confirm")
    assert (await order(acme, allowed, "1.00")).status == 401, "the tokens ended with the consent"
    again = Allowed(allowed.consent_id, await give(acme, allowed.consent_id))
    assert fault_of(await order(acme, again, "3.01")) == (400, "U014", f"{P}.PeriodicLimits[0].Amount")
    assert (await order(acme, again, "3.00")).status == 201


async def test_the_books_are_whole_after_all_this(books: Any):
    await books.check_whole()
