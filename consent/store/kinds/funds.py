"""Confirmation of funds on one account, to who issues a card for it. Directive (EU) 2015/2366 article 65."""

from consent.store.kinds.kind import JourneyStage, Kind, open_nothing
from kernel.banking.consents import ConsentKind, ConsentLodgement
from kernel.banking.terms import FundsTerms
from kernel.errors import FieldInvalid, FieldMissing


def check(lodgement: ConsentLodgement) -> None:
    """One account by its number; nothing of it is read."""
    terms = lodgement.terms
    if not isinstance(terms, FundsTerms) or lodgement.payment is not None or lodgement.permissions:
        raise FieldInvalid("checks of funds without their account, or with other terms")
    if not terms.account.identification.strip():
        raise FieldMissing("an account without a number")


FUNDS = Kind(
    name=ConsentKind.FUNDS,
    stages=(JourneyStage.LOGIN, JourneyStage.AUTHENTICATE, JourneyStage.CHOOSE),
    is_given_once=False,
    is_asked_elsewhere=False,
    check=check,
    settle=open_nothing,
)
