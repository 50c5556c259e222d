"""Access to account information."""

from consent.store.kinds.kind import JourneyStage, Kind
from kernel.banking.consents import AccountAccess, AccountReference, Consent, ConsentKind, ConsentLodgement
from kernel.errors import FieldInvalid, FieldMissing


def settle(consent: Consent, chosen: tuple[AccountReference, ...]) -> tuple[AccountAccess, ...]:
    """Every account that was chosen opens what was asked for."""
    return tuple(AccountAccess(account, consent.permissions) for account in chosen)


def check(lodgement: ConsentLodgement) -> None:
    """It opens something, and pays nothing."""
    if lodgement.payment is not None or lodgement.terms is not None:
        raise FieldInvalid("terms of another kind beside access to accounts")
    if not lodgement.permissions:
        raise FieldMissing("no permissions")


ACCOUNTS = Kind(
    name=ConsentKind.ACCOUNTS,
    stages=(JourneyStage.LOGIN, JourneyStage.AUTHENTICATE, JourneyStage.CHOOSE),
    is_given_once=False,
    is_asked_elsewhere=True,
    check=check,
    settle=settle,
)
