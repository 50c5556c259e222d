"""Hold a payment against the parameters of its consent, in the order of the standard's document.

UK Open Banking R/W 4.0, Domestic VRPs, "Payment Restrictions". A payment counts in the period in which it was received, for as long as it is not
rejected or cancelled: a refusal frees the room at once, and one whose end is unknown keeps it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from kernel.banking.consents import Consent
from kernel.banking.money import Money
from kernel.banking.terms import LimitUse, VrpParameter, VrpTerms, VrpUse
from orders.limits.periods import Window, window_of


@dataclass(frozen=True, slots=True)
class Breach:
    """The parameter that a payment breaches; `index` among the limits."""

    parameter: VrpParameter
    index: int | None = None


def begin_of(consent: Consent) -> datetime:
    """The moment from which limits count: that of its lodging, or a later one that its TPP asked for."""
    valid_from = consent.terms.valid_from if isinstance(consent.terms, VrpTerms) else None
    return consent.created_at if valid_from is None else max(consent.created_at, valid_from)


def windows_of(consent: Consent, at: datetime, zone: ZoneInfo) -> tuple[Window, ...]:
    """The period of each limit at the moment; none before the first."""
    begins_at = begin_of(consent)
    if not isinstance(consent.terms, VrpTerms) or at < begins_at:
        return ()
    return tuple(window_of(limit, begins_at, at, zone) for limit in consent.terms.limits)


def find_breach(terms: VrpTerms, use: VrpUse, amount: Money, at: datetime, uses: Sequence[LimitUse]) -> Breach | None:
    """The first parameter that a payment of this amount breaches now; None: it breaches none. Without uses, the time of the consent has not
    begun."""
    if not uses or (terms.valid_from is not None and at < terms.valid_from):
        return Breach(VrpParameter.VALID_FROM)
    if amount.currency != terms.individual_max.currency or amount.minor > terms.individual_max.minor:
        return Breach(VrpParameter.INDIVIDUAL_MAX)
    for index, each in enumerate(uses):
        if amount.minor > each.left.minor:
            return Breach(VrpParameter.LIMITS, index)
    declared = (
        (VrpParameter.TYPES, use.type in terms.types),
        (VrpParameter.AUTHENTICATIONS, use.authentication in terms.authentications),
        (VrpParameter.PRESENCES, use.presence in terms.presences),
    )
    return next((Breach(parameter) for parameter, is_agreed in declared if not is_agreed), None)
