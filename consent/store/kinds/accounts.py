"""Access to account information."""

from datetime import timedelta

from consent.store.kinds.kind import JourneyStage, Kind
from kernel.banking.consents import AccountAccess, AccountReference, AccountsTerms, Consent, ConsentKind
from kernel.errors import FieldInvalid, FieldMissing

LOOK_BACK_DAYS_MAX = 36_525  # a hundred years
SINGLE_USE = timedelta(minutes=20)  # one session of the PSU with the TPP


def settle(consent: Consent, chosen: tuple[AccountReference, ...]) -> tuple[AccountAccess, ...]:
    """Every account that was chosen opens what was asked for."""
    return tuple(AccountAccess(account, consent.permissions) for account in chosen)


def check(terms: AccountsTerms) -> None:
    """It opens something, and looks back over some time if it says how far."""
    if not terms.permissions:
        raise FieldMissing("no permissions")
    if terms.look_back_days is not None and not 1 <= terms.look_back_days <= LOOK_BACK_DAYS_MAX:
        raise FieldInvalid(f"{terms.look_back_days} days back")


ACCOUNTS = Kind(
    name=ConsentKind.ACCOUNTS,
    terms=AccountsTerms,
    stages=(JourneyStage.LOGIN, JourneyStage.AUTHENTICATE, JourneyStage.CHOOSE),
    is_given_once=False,
    is_asked_elsewhere=True,
    check=check,
    settle=settle,
    single_use=SINGLE_USE,
)
