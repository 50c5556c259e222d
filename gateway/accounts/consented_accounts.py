"""Which of a consent's accounts a command is about: those that the consent covers and opens to the operation. The policies on account and
permission have refused the others; this is the second lock."""

from gateway.pipeline.exchange import Exchange, present
from kernel.banking.consents import AccountReference, Consent, Permission
from kernel.errors import AccountNotConsented


def consented(exchange: Exchange, account_id: str | None) -> tuple[AccountReference, ...]:
    """One account, or all of them for None. Raises AccountNotConsented."""
    return covered(present(exchange.consent), exchange.row.permissions, account_id)


def covered(consent: Consent, any_of: frozenset[Permission], account_id: str | None) -> tuple[AccountReference, ...]:
    """As `consented`, of an operation that any one of these permissions opens."""
    opened = tuple(each.account for each in consent.opened(any_of))
    if account_id is None:
        return opened
    chosen = tuple(account for account in opened if account.id == account_id)
    if not chosen:
        raise AccountNotConsented("the command names an account outside the consent")
    return chosen
