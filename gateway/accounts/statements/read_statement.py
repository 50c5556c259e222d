"""Read one statement of an account."""

from dataclasses import dataclass

from gateway.accounts.consented_accounts import consented
from gateway.accounts.statements.consented_statement import load_statement
from gateway.pipeline.exchange import Exchange, present
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking import commands
from kernel.banking.records.statements import Statement
from kernel.banking.results import RecordView
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadStatement:
    accounts: GuardedAccounts
    operations = (Operation.READ_STATEMENT,)

    async def run(self, exchange: Exchange) -> RecordView[Statement]:
        command: commands.ReadStatement = exchange.command
        consent = present(exchange.consent)
        (reference,) = consented(exchange, command.account_id)
        found = await load_statement(self.accounts, exchange, consent, reference, command.statement_id)
        return RecordView(reference.id, found)
