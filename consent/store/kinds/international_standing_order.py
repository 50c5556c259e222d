"""A standing order abroad: a first payment, then others again and again, each at the rate of its day. Its payer may cancel it at any time."""

from dataclasses import replace
from datetime import datetime

import msgspec

from consent.store.kinds import standing_order
from consent.store.kinds.international import check as check_quoted
from consent.store.kinds.international import describe_cross_border, fits
from consent.store.kinds.kind import Description, Row, Wording
from consent.store.kinds.payment_kinds import paying_kind
from kernel.banking.abroad.planned import InternationalStandingOrderTerms
from kernel.banking.consents import ConsentKind
from kernel.brand import Brand

WORDING: Wording = replace(standing_order.WORDING, invitation="check and confirm a standing order abroad")
ROW: Row = replace(standing_order.ROW, heading="Standing orders abroad that you agreed to")


def check(terms: InternationalStandingOrderTerms) -> None:
    """As one within the country, and quoted."""
    standing_order.check(terms.standing_order)
    check_quoted(terms)


def describe(terms: InternationalStandingOrderTerms) -> Description:
    inner = terms.standing_order
    return describe_cross_border(terms.payment, terms.cross_border, standing_order.facts(inner), standing_order.when(inner))


def plan(terms: InternationalStandingOrderTerms, brand: Brand, now: datetime) -> tuple[InternationalStandingOrderTerms, datetime]:
    """As one within the country. Raises FieldDateInvalid."""
    planned, used_by = standing_order.plan(terms.standing_order, brand, now)
    return msgspec.structs.replace(terms, standing_order=planned), used_by


INTERNATIONAL_STANDING_ORDER = replace(
    paying_kind(
        ConsentKind.INTERNATIONAL_STANDING_ORDER,
        InternationalStandingOrderTerms,
        wording=WORDING,
        row=ROW,
        check=check,
        plan=plan,
    ),
    describe=describe,
    fits=fits,
)
