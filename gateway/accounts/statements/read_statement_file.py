"""Read a statement as its customer would print it."""

from dataclasses import dataclass

from gateway.accounts.consented_accounts import consented
from gateway.accounts.statements.consented_statement import load_statement
from gateway.accounts.statements.statement_files import StatementFiles
from gateway.pipeline.exchange import Exchange, present
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking import commands
from kernel.banking.records.statements import StatementFile
from kernel.errors import StatementUnknown
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadStatementFile:
    accounts: GuardedAccounts
    files: StatementFiles
    operations = (Operation.READ_STATEMENT_FILE,)

    async def run(self, exchange: Exchange) -> StatementFile:
        command: commands.ReadStatementFile = exchange.command
        consent = present(exchange.consent)
        (reference,) = consented(exchange, command.account_id)
        statement = await load_statement(self.accounts, exchange, consent, reference, command.statement_id)
        brand, account_id, media_type = exchange.brand, reference.upstream_id, command.media_type
        found = await self.files.load(
            brand, statement, media_type, lambda: self.accounts.statement_file(brand, account_id, statement.id, media_type)
        )
        if found is None:
            raise StatementUnknown(f"there is no {command.media_type} of it")
        return found
