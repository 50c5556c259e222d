"""Read the transactions of one account, or of all accounts, that a consent covers: one page, newest first.

What is asked for is narrowed to what was consented: the window, and credits or debits.
"""

from dataclasses import dataclass

from gateway.accounts.consented_accounts import consented
from gateway.accounts.pages.page_turn import PageTurn
from gateway.accounts.pages.transactions import TransactionListing
from gateway.accounts.pages.window import span_of, window_of
from gateway.pipeline.exchange import Exchange, present
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking import commands
from kernel.banking.results import TransactionsView
from kernel.clock import Clock
from kernel.operations import Operation
from kernel.storage.cursor import CursorSealer


@dataclass(frozen=True)
class ReadTransactions:
    accounts: GuardedAccounts
    cursors: CursorSealer
    clock: Clock
    operations = (Operation.LIST_TRANSACTIONS, Operation.READ_TRANSACTIONS)

    async def run(self, exchange: Exchange) -> TransactionsView:
        command: commands.ReadTransactions = exchange.command
        consent = present(exchange.consent)
        references = consented(exchange, command.account_id)
        turn = PageTurn.open(self.cursors, self.clock, exchange)
        since, until = window_of(consent, command.booked_from, command.booked_to)
        listing = TransactionListing(self.accounts, turn, consent, references, since, until)
        page = await listing.load(exchange)
        if page is None:
            return TransactionsView((), numbered=turn.numbered(0))
        first, last = span_of(consent, page.first_available, page.last_available)
        rows, numbered = listing.views(page.transactions, command.status), turn.numbered(page.total)
        return TransactionsView(rows, listing.next_cursor(page), first, last, numbered)
