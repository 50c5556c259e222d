"""The mandate of a standing order in canonical words: its days, how often, and its end. OBIE R/W 4.0, Domestic Standing Order Consents,
International Standing Order Consents ("MandateRelatedInformation").
"""

from datetime import date, tzinfo
from typing import Any

from msgspec import UNSET, UnsetType

from kernel.banking.planned.standing_orders import PAYMENTS_MAX
from kernel.errors import FieldInvalid, FieldMissing, FieldUnexpected
from openapi.uk_obie.v4_0.pisp.codes.frequencies import parse_frequency
from openapi.uk_obie.v4_0.pisp.shared.initiation import PATH, parse_day
from openapi.uk_obie.v4_0.pisp.wire.standing_orders import OBMandateRelatedInformation1

MANDATE = f"{PATH}.MandateRelatedInformation"
FIRST, RECURRING, FINAL = (f"{MANDATE}.{name}PaymentDateTime" for name in ("First", "Recurring", "Final"))


def parse_mandate(mandate: OBMandateRelatedInformation1, number: str | UnsetType, zone: tzinfo) -> dict[str, Any]:
    """The terms of a standing order that say when; `number` of payments, `zone` is the bank's, which says what day an instant is. Raises
    FrequencyUnsupported and the Field problems, with the path of the member."""
    first_on = _parse_day(mandate.first_payment_date_time, zone, FIRST)
    if first_on is None:
        raise FieldMissing("no first day", path=FIRST)
    last_on, payments = _parse_day(mandate.final_payment_date_time, zone, FINAL), _parse_number(number)
    if payments is not None and last_on is not None:
        raise FieldUnexpected("two ends", path=FINAL)
    return {
        "recurrence": parse_frequency(mandate.frequency, f"{MANDATE}.Frequency"),
        "first_on": first_on,
        "recurs_on": _parse_day(mandate.recurring_payment_date_time, zone, RECURRING),
        "last_on": last_on,
        "payments": payments,
    }


def _parse_day(said: str | UnsetType, zone: tzinfo, path: str) -> date | None:
    return None if said is UNSET else parse_day(said, zone, path)


def _parse_number(said: str | UnsetType) -> int | None:
    if said is UNSET:
        return None
    if not said.isascii() or not said.isdecimal() or not 1 <= int(said) <= PAYMENTS_MAX:
        raise FieldInvalid("no number of payments", path=f"{PATH}.NumberOfPayments")
    return int(said)
