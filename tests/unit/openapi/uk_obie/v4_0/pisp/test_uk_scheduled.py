"""A domestic scheduled initiation: its day in the bank's zone, what is refused with which code, and the statuses of its order. OBIE R/W 4.0,
Domestic Scheduled Payment Consents, Domestic Scheduled Payments."""

import copy
import json
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import ConsentKind
from kernel.banking.money import Money
from kernel.banking.orders import RailStatus
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.scheduled import ScheduledTerms
from kernel.errors import Problem
from openapi.codec import WireRequest
from openapi.uk_obie.v4_0.errors import TABLE
from openapi.uk_obie.v4_0.pisp.codes.statuses import PLANNED_PAYMENT_STATUSES
from openapi.uk_obie.v4_0.pisp.scheduled.consents import EXAMPLE, decode_lodge
from openapi.uk_obie.v4_0.pisp.scheduled.payments import EXAMPLE as ORDER
from openapi.uk_obie.v4_0.pisp.scheduled.payments import decode_place

LONDON = ZoneInfo("Europe/London")
DAY = "RequestedExecutionDateTime"


def request(document: Any) -> WireRequest:
    return WireRequest({}, (), json.dumps(document).encode(), zone=LONDON)


def changed(name: str, value: Any) -> dict[str, Any]:
    """The example with one member of its initiation changed; None takes it away."""
    document: dict[str, Any] = copy.deepcopy(json.loads(EXAMPLE))
    initiation = document["Data"]["Initiation"]
    if value is None:
        del initiation[name]
    else:
        initiation[name] = value
    return document


@pytest.mark.spec("OBIE-RW-4.0-domestic-scheduled-payment-consents")
def test_an_initiation_is_read_in_canonical_words() -> None:
    document = changed("DebtorAccount", {"SchemeName": "UK.OBIE.IBAN", "Identification": "GB82WEST12345698765432"})
    document["Data"] |= {"ReadRefundAccount": "Yes", "Authorisation": {"AuthorisationType": "Single"}}
    lodgement = decode_lodge(request(document)).lodgement
    assert lodgement.kind == ConsentKind.SCHEDULED
    assert lodgement.terms == ScheduledTerms(
        asked_on=date(2026, 7, 10),
        payment=PaymentTerms(
            amount=Money("GBP", 16_588),
            creditor_name="ACME Inc",
            creditor_account=AccountIdentifier(Scheme.SORT_CODE, "08080021325698"),
            debtor_account=AccountIdentifier(Scheme.IBAN, "GB82WEST12345698765432"),
            remittance="Internal ops code 5120101",
            end_to_end_id="FRESCO.21302.GFX.20",
            instruction_id="ACME412",
            returns_to_payer=True,
            signed_by_one=True,
        ),
    )
    assert json.loads(lodgement.document) == document


@pytest.mark.spec("OBIE-RW-4.0-domestic-scheduled-payments")
def test_an_order_is_read_as_its_consent_was() -> None:
    ordered, lodged = decode_place(WireRequest({}, (), ORDER, zone=LONDON)).request, decode_lodge(request(json.loads(EXAMPLE)))
    assert isinstance(lodged.lodgement.terms, ScheduledTerms)
    assert (ordered.kind, ordered.terms) == (ConsentKind.SCHEDULED, lodged.lodgement.terms.payment)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2026-07-10T00:00:00+01:00", 10),
        ("2026-07-09T23:00:00Z", 10),
        ("2026-07-10T00:00:00", 10),
        ("2026-07-09T22:59:59Z", 9),
        ("2026-07-10T23:30:00-05:00", 11),
    ],
)
def test_the_day_is_that_of_the_banks_own_zone(said: str, day: int) -> None:
    terms = decode_lodge(request(changed(DAY, said))).lodgement.terms
    assert isinstance(terms, ScheduledTerms)
    assert terms.asked_on == date(2026, 7, day)


def test_the_payers_own_id_may_be_left_out() -> None:
    terms = decode_lodge(request(changed("EndToEndIdentification", None))).lodgement.terms
    assert isinstance(terms, ScheduledTerms)
    assert terms.payment.end_to_end_id is None


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        (DAY, None, "U004"),
        (DAY, "tomorrow", "U003"),
        (DAY, "2026-02-30T00:00:00Z", "U003"),
        ("InstructionIdentification", None, "U004"),
        ("LocalInstrument", "UK.OBIE.CHAPS", "U026"),
        ("CreditorAgent", {"SchemeName": "UK.OBIE.BICFI", "Identification": "BARCGB22"}, "U005"),
        ("InstructedAmount", {"Amount": "1.00", "Currency": "EUR"}, "U023"),
    ],
)
def test_what_is_wrong_is_refused_with_its_code(name: str, value: Any, code: str) -> None:
    with pytest.raises(Problem) as caught:
        decode_lodge(request(changed(name, value)))
    assert TABLE[type(caught.value)].code == code


@pytest.mark.parametrize("permission", [None, "Read"])
def test_a_consent_says_that_it_creates(permission: str | None) -> None:
    document: dict[str, Any] = json.loads(EXAMPLE)
    document["Data"].pop("Permission")
    if permission:
        document["Data"]["Permission"] = permission
    with pytest.raises(Problem) as caught:
        decode_lodge(request(document))
    assert TABLE[type(caught.value)].code == ("U002" if permission else "U004")


def test_every_status_of_a_rail_has_one_of_the_standard() -> None:
    """It knows a cancellation, and no credit of the payee."""
    own = {status: status.value for status in RailStatus}
    assert own | {RailStatus.CREDITED: "ACSC"} == PLANNED_PAYMENT_STATUSES
