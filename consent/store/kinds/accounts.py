"""Access to account information."""

from consent.store.kinds.kind import JourneyStage, Kind
from kernel.banking.consents import AccountAccess, AccountReference, AccountsTerms, Consent, ConsentKind
from kernel.errors import FieldMissing


def settle(consent: Consent, chosen: tuple[AccountReference, ...]) -> tuple[AccountAccess, ...]:
    """Every account that was chosen opens what was asked for."""
    return tuple(AccountAccess(account, consent.permissions) for account in chosen)


def check(terms: AccountsTerms) -> None:
    """It opens something."""
    if not terms.permissions:
        raise FieldMissing("no permissions")


ACCOUNTS = Kind(
    name=ConsentKind.ACCOUNTS,
    terms=AccountsTerms,
    stages=(JourneyStage.LOGIN, JourneyStage.AUTHENTICATE, JourneyStage.CHOOSE),
    is_given_once=False,
    is_asked_elsewhere=True,
    check=check,
    settle=settle,
)
