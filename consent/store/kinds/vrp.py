"""Variable recurring payments to one payee, within limits."""

from consent.store.kinds.kind import JourneyStage, Kind, open_nothing
from kernel.banking.consents import ConsentKind
from kernel.banking.terms import VrpTerms
from kernel.banking.visible_text import is_name
from kernel.errors import FieldInvalid, FieldMissing


def check(terms: VrpTerms) -> None:
    """Limits in one currency, more than nothing; a limit for each kind of period once, and none below what one payment may be."""
    if not terms.limits:
        raise FieldMissing("no limit of a period")
    amounts = (terms.individual_max, *(limit.amount for limit in terms.limits))
    if len({amount.currency for amount in amounts}) != 1:
        raise FieldInvalid("limits in several currencies")
    if any(amount.minor <= 0 for amount in amounts):
        raise FieldInvalid("a limit of nothing, or less")
    if len({(limit.period, limit.alignment) for limit in terms.limits}) != len(terms.limits):
        raise FieldInvalid("two limits of one period")
    if any(limit.amount.minor < terms.individual_max.minor for limit in terms.limits):
        raise FieldInvalid("one payment may be more than all of a period")
    if not is_name(terms.creditor_name):
        raise FieldInvalid("a payee's name that hides something")


VRP = Kind(
    name=ConsentKind.VRP,
    terms=VrpTerms,
    stages=(JourneyStage.LOGIN, JourneyStage.AUTHENTICATE, JourneyStage.CHOOSE),
    is_given_once=False,
    is_asked_elsewhere=False,
    check=check,
    settle=open_nothing,
)
