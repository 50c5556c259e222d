"""Access to account information."""

from consent.store.kinds.kind import JourneyStage, Kind
from kernel.banking.consents import AccountAccess, AccountReference, Consent, ConsentKind


def settle(consent: Consent, chosen: tuple[AccountReference, ...]) -> tuple[AccountAccess, ...]:
    """Every account that was chosen opens what was asked for."""
    return tuple(AccountAccess(account, consent.permissions, consent.transactions_from) for account in chosen)


ACCOUNTS = Kind(
    name=ConsentKind.ACCOUNTS,
    stages=(JourneyStage.LOGIN, JourneyStage.AUTHENTICATE, JourneyStage.CHOOSE),
    template="consent",
    template_without_account="nothing_to_share",
    is_given_once=False,
    is_asked_elsewhere=True,
    settle=settle,
)
