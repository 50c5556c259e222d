"""Which of a consent's accounts a command is about. The account policy has refused the others; this is the second lock."""

from kernel.banking.consents import AccountReference, Consent
from kernel.errors import AccountNotConsented


def consented(consent: Consent, account_id: str | None) -> tuple[AccountReference, ...]:
    """One account, or all of them for None. Raises AccountNotConsented."""
    if account_id is None:
        return consent.accounts
    chosen = tuple(reference for reference in consent.accounts if reference.id == account_id)
    if not chosen:
        raise AccountNotConsented("the command names an account outside the consent")
    return chosen
