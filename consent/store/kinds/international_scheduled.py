"""One payment abroad, or in another currency, made on a later day: at the rate that its bank fixed for that day, or at the rate of that day."""

from dataclasses import replace
from datetime import datetime

import msgspec

from consent.store.kinds.international import check, describe_cross_border, fits
from consent.store.kinds.kind import Description, Row, Wording
from consent.store.kinds.payment_kinds import paying_kind
from consent.store.kinds.scheduled import ROW as SCHEDULED_ROW
from consent.store.kinds.scheduled import WORDING as SCHEDULED_WORDING
from consent.store.kinds.scheduled import facts, when
from consent.store.kinds.scheduled import plan as plan_scheduled
from kernel.banking.abroad.planned import InternationalScheduledTerms
from kernel.banking.consents import ConsentKind
from kernel.brand import Brand

WORDING: Wording = replace(SCHEDULED_WORDING, invitation="check and confirm a payment abroad for a later day")
ROW: Row = replace(SCHEDULED_ROW, heading="Payments abroad for a later day that you agreed to")


def describe(terms: InternationalScheduledTerms) -> Description:
    return describe_cross_border(terms.payment, terms.cross_border, facts(terms.scheduled), when(terms.scheduled))


def plan(terms: InternationalScheduledTerms, brand: Brand, now: datetime) -> tuple[InternationalScheduledTerms, datetime]:
    """As a payment within the country. Raises FieldDateInvalid."""
    scheduled, used_by = plan_scheduled(terms.scheduled, brand, now)
    return msgspec.structs.replace(terms, scheduled=scheduled), used_by


INTERNATIONAL_SCHEDULED = replace(
    paying_kind(
        ConsentKind.INTERNATIONAL_SCHEDULED, InternationalScheduledTerms, wording=WORDING, row=ROW, check=check, plan=plan
    ),
    describe=describe,
    fits=fits,
)
