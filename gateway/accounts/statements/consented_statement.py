"""One statement that a consent shows: only one that lies wholly inside the consent's window."""

from gateway.pipeline.exchange import Exchange
from gateway.ports import StatementFilter
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from gateway.upstream_guard.statement_checks import is_inside
from kernel.banking.consents import AccountReference, Consent
from kernel.banking.records.statements import Statement
from kernel.errors import StatementUnknown
from kernel.identifiers import is_identifier


async def load_statement(
    accounts: GuardedAccounts, exchange: Exchange, consent: Consent, reference: AccountReference, statement_id: str
) -> Statement:
    """Raises StatementUnknown, whether the account has no such statement or the consent does not show it."""
    if not is_identifier(statement_id):
        raise StatementUnknown("not an identifier")
    found = await accounts.statement(exchange.brand, reference.upstream_id, statement_id)
    if found is None:
        raise StatementUnknown("the account has no such statement")
    if not is_inside(found, StatementFilter(consent.opened_from, consent.data.transactions_to)):
        raise StatementUnknown("it does not lie wholly inside the consent's window")
    return found
