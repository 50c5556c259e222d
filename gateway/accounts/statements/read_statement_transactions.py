"""Read the transactions that a statement lists: those booked in its period, one page, newest first.

The statement lies wholly inside the consent's window, and so do they; credits and debits as permitted.
"""

from dataclasses import dataclass

from gateway.accounts.consented_accounts import consented
from gateway.accounts.pages.page_turn import PageTurn
from gateway.accounts.pages.transactions import TransactionListing
from gateway.accounts.statements.consented_statement import load_statement
from gateway.pipeline.exchange import Exchange, present
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking import commands
from kernel.banking.accounts import TransactionStatus
from kernel.banking.results import TransactionsView
from kernel.clock import Clock
from kernel.operations import Operation
from kernel.storage.cursor import CursorSealer


@dataclass(frozen=True)
class ReadStatementTransactions:
    accounts: GuardedAccounts
    cursors: CursorSealer
    clock: Clock
    operations = (Operation.READ_STATEMENT_TRANSACTIONS,)

    async def run(self, exchange: Exchange) -> TransactionsView:
        command: commands.ReadStatementTransactions = exchange.command
        consent = present(exchange.consent)
        references = consented(exchange, command.account_id)
        turn = PageTurn.open(self.cursors, self.clock, exchange)
        statement = await load_statement(self.accounts, exchange, consent, references[0], command.statement_id)
        listing = TransactionListing(self.accounts, turn, consent, references, statement.starts_at, statement.ends_at)
        page = await listing.load(exchange)
        if page is None:
            return TransactionsView((), numbered=turn.numbered(0))
        rows, numbered = listing.views(page.transactions, TransactionStatus.BOOKED), turn.numbered(page.total)
        return TransactionsView(rows, listing.next_cursor(page), numbered=numbered)
