"""Read a statement as its customer would print it."""

from dataclasses import dataclass

from gateway.consented_accounts import consented
from gateway.consented_statement import load_statement
from gateway.exchange import Exchange, present
from gateway.guarded_accounts import GuardedAccounts
from kernel.banking import commands
from kernel.banking.statements import StatementFile
from kernel.errors import StatementUnknown
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadStatementFile:
    accounts: GuardedAccounts
    operations = (Operation.READ_STATEMENT_FILE,)

    async def run(self, exchange: Exchange) -> StatementFile:
        command: commands.ReadStatementFile = exchange.command
        consent = present(exchange.consent)
        (reference,) = consented(consent, command.account_id)
        statement = await load_statement(self.accounts, exchange, consent, reference, command.statement_id)
        found = await self.accounts.statement_file(exchange.brand, reference.upstream_id, statement.id, command.media_type)
        if found is None:
            raise StatementUnknown(f"there is no {command.media_type} of it")
        return found
