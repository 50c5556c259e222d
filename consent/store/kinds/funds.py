"""Confirmation of funds on one account, to who issues a card for it. Directive (EU) 2015/2366 article 65."""

from consent.store.kinds.kind import JourneyStage, Kind, open_nothing
from kernel.banking.consents import ConsentKind
from kernel.banking.terms import FundsTerms
from kernel.errors import FieldMissing


def check(terms: FundsTerms) -> None:
    """One account by its number."""
    if not terms.account.identification.strip():
        raise FieldMissing("an account without a number")


FUNDS = Kind(
    name=ConsentKind.FUNDS,
    terms=FundsTerms,
    stages=(JourneyStage.LOGIN, JourneyStage.AUTHENTICATE, JourneyStage.CHOOSE),
    is_given_once=False,
    is_asked_elsewhere=False,
    check=check,
    settle=open_nothing,
)
