"""A domestic standing order: its frequencies, days and amounts, what is refused with which code, and its statuses. OBIE R/W 4.0, Domestic
Standing Order Consents, Domestic Standing Orders, OBFrequency6."""

import copy
import json
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kernel.banking.consents import ConsentKind
from kernel.banking.money import Money
from kernel.banking.planned.instructions import InstructionRequest, InstructionState
from kernel.banking.planned.recurrence import QuarterDays, Recurrence, Unit
from kernel.banking.planned.standing_orders import StandingOrderTerms
from kernel.errors import Problem
from openapi.codec import WireRequest
from openapi.uk_obie.v4_0.errors import TABLE
from openapi.uk_obie.v4_0.pisp.codes.statuses import STANDING_ORDER_STATUSES
from openapi.uk_obie.v4_0.pisp.standing_orders.consents import EXAMPLE, decode_lodge
from openapi.uk_obie.v4_0.pisp.standing_orders.payments import EXAMPLE as ORDER
from openapi.uk_obie.v4_0.pisp.standing_orders.payments import decode_place

LONDON = ZoneInfo("Europe/London")
MANDATE = "MandateRelatedInformation"
FREQUENCY = f"{MANDATE}.Frequency"
GONE: Any = object()


def request(document: Any) -> WireRequest:
    return WireRequest({}, (), json.dumps(document).encode(), zone=LONDON)


def changed(*changes: tuple[str, Any]) -> dict[str, Any]:
    """The example with members of its initiation changed, by their paths."""
    document: dict[str, Any] = copy.deepcopy(json.loads(EXAMPLE))
    for path, value in changes:
        node, *names = document["Data"]["Initiation"], *path.split(".")
        for name in names[:-1]:
            node = node[name]
        if value is GONE:
            del node[names[-1]]
        else:
            node[names[-1]] = value
    return document


def terms_of(*changes: tuple[str, Any]) -> StandingOrderTerms:
    terms = decode_lodge(request(changed(*changes))).lodgement.terms
    assert isinstance(terms, StandingOrderTerms)
    return terms


@pytest.mark.spec("OBIE-RW-4.0-domestic-standing-order-consents")
def test_an_initiation_is_read_in_canonical_words() -> None:
    lodgement = decode_lodge(request(json.loads(EXAMPLE))).lodgement
    terms = terms_of()
    assert (lodgement.kind, lodgement.terms) == (ConsentKind.STANDING_ORDER, terms)
    assert (terms.payment.amount, terms.recurring_amount, terms.last_amount) == tuple(Money("GBP", n) for n in (666, 700, 777))
    assert (terms.first_on, terms.recurs_on, terms.last_on, terms.payments) == (date(2026, 7, 10), None, date(2027, 7, 10), None)
    assert terms.recurrence == Recurrence(unit=Unit.MONTH, day=10)
    assert terms.payment.reference == "Pocket money"


@pytest.mark.spec("OBIE-RW-4.0-domestic-standing-orders")
def test_an_order_is_read_as_its_consent_was() -> None:
    ordered = decode_place(WireRequest({}, (), ORDER, zone=LONDON)).request
    assert isinstance(ordered, InstructionRequest)
    assert (ordered.kind, ordered.terms) == (ConsentKind.STANDING_ORDER, terms_of())


@pytest.mark.spec("OBIE-RW-4.0-obfrequency6", "OBIE-RW-4.0-obfrequency6code")
@pytest.mark.parametrize(
    ("frequency", "recurrence"),
    [
        ({"Type": "DAIL"}, Recurrence(unit=Unit.DAY)),
        ({"Type": "WODL", "PointInTime": "00"}, Recurrence(unit=Unit.WORKING_DAY)),
        ({"Type": "WEEK", "PointInTime": "05"}, Recurrence(unit=Unit.WEEK, day=5)),
        ({"Type": "FRTN"}, Recurrence(unit=Unit.WEEK, every=2)),
        ({"Type": "FOWK"}, Recurrence(unit=Unit.WEEK, every=4)),
        ({"Type": "MNTH", "PointInTime": "31", "CountPerPeriod": 1}, Recurrence(unit=Unit.MONTH, day=31)),
        ({"Type": "TWMH"}, Recurrence(unit=Unit.MONTH, every=2)),
        ({"Type": "ALMH"}, Recurrence(unit=Unit.MONTH, every=2)),
        ({"Type": "QURT"}, Recurrence(unit=Unit.MONTH, every=3)),
        ({"Type": "FOMH"}, Recurrence(unit=Unit.MONTH, every=4)),
        ({"Type": "FIMH"}, Recurrence(unit=Unit.MONTH, every=5)),
        ({"Type": "MIAN"}, Recurrence(unit=Unit.MONTH, every=6)),
        ({"Type": "YEAR"}, Recurrence(unit=Unit.MONTH, every=12)),
        ({"Type": "EvryDay"}, Recurrence(unit=Unit.DAY)),
        ({"Type": "EvryWorkgDay"}, Recurrence(unit=Unit.WORKING_DAY)),
        ({"Type": "IntrvlDay:15"}, Recurrence(unit=Unit.DAY, every=15)),
        ({"Type": "IntrvlWkDay:09:07"}, Recurrence(unit=Unit.WEEK, every=9, day=7)),
        ({"Type": "WkInMnthDay:05:02"}, Recurrence(unit=Unit.WEEK_OF_MONTH, week=5, day=2)),
        ({"Type": "IntrvlMnthDay:24:-05"}, Recurrence(unit=Unit.MONTH, every=24, day=-5)),
        ({"Type": "IntrvlMnthDay:06:31"}, Recurrence(unit=Unit.MONTH, every=6, day=31)),
        ({"Type": "QtrDay:SCOTTISH"}, Recurrence(unit=Unit.QUARTER_DAY, quarter=QuarterDays.SCOTTISH)),
    ],
    ids=lambda value: value.get("Type") if isinstance(value, dict) else "",
)
def test_every_frequency_that_can_be_planned_is_read(frequency: dict[str, Any], recurrence: Recurrence) -> None:
    assert terms_of((FREQUENCY, frequency)).recurrence == recurrence


NUMBERED = ((f"{MANDATE}.FinalPaymentDateTime", GONE), ("FinalPaymentAmount", GONE))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        *((((FREQUENCY, {"Type": code}),), "U025") for code in ("ADHO", "INDA", "NONE", "NotKnown")),
        (((FREQUENCY, {"Type": "WEEK", "CountPerPeriod": 2}),), "U025"),
        *(
            (((FREQUENCY, {"Type": text}),), "U002")
            for text in ("", "mnth", "IntrvlDay:01", "IntrvlDay:32", "IntrvlMnthDay:07:01")
        ),
        *((((FREQUENCY, {"Type": "MNTH", "PointInTime": point}),), "U002") for point in ("32", "x1", "\u0661", "-1")),
        (((FREQUENCY, {"Type": "WEEK", "PointInTime": "08"}),), "U002"),
        (((FREQUENCY, {"Type": "DAIL", "PointInTime": "01"}),), "U002"),
        (((FREQUENCY, {"Type": "IntrvlDay:15", "PointInTime": "01"}),), "U002"),
        (((FREQUENCY, GONE),), "U004"),
        (((f"{MANDATE}.FirstPaymentDateTime", GONE),), "U004"),
        (((f"{MANDATE}.FirstPaymentDateTime", "soon"),), "U003"),
        (((f"{MANDATE}.FinalPaymentDateTime", GONE),), "U001"),
        ((("NumberOfPayments", "12"),), "U005"),
        *(((*NUMBERED, ("NumberOfPayments", number)), "U002") for number in ("0", "-1", "many", "10000", "1.5")),
        ((("RecurringPaymentAmount", {"Amount": "0.00", "Currency": "GBP"}),), "U002"),
        ((("FinalPaymentAmount", {"Amount": "1.00", "Currency": "EUR"}),), "U023"),
        ((("InstructionIdentification", "x"),), "U005"),
    ],
)
def test_what_is_wrong_is_refused_with_its_code(changes: tuple[tuple[str, Any], ...], code: str) -> None:
    with pytest.raises(Problem) as caught:
        decode_lodge(request(changed(*changes)))
    assert TABLE[type(caught.value)].code == code


def test_a_number_of_payments_takes_the_place_of_a_last_day() -> None:
    terms = terms_of(NUMBERED[0], ("NumberOfPayments", "012"))
    assert (terms.payments, terms.last_on, terms.last_amount) == (12, None, Money("GBP", 777))


def test_every_state_has_a_status() -> None:
    assert STANDING_ORDER_STATUSES.keys() == set(InstructionState)
