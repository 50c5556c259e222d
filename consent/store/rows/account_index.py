"""The index of live consents by account, written in the same transaction as each consent's sealed snapshot."""

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.tables.consents import consent_accounts
from kernel.banking.consents import LIVE_STATES, AccountReference, Consent


async def index_accounts(connection: AsyncConnection, before: Consent, after: Consent) -> None:
    """Make the index say what `after` covers, where `before` covered something else."""
    if _indexed(before) == _indexed(after):
        return
    await connection.execute(
        consent_accounts.delete().where(consent_accounts.c.brand == after.brand, consent_accounts.c.consent_id == after.id)
    )
    rows = [{"brand": after.brand, "account_id": account.id, "consent_id": after.id} for account in _indexed(after)]
    if rows:
        await connection.execute(consent_accounts.insert(), rows)


def _indexed(consent: Consent) -> tuple[AccountReference, ...]:
    return consent.accounts if consent.state in LIVE_STATES else ()
