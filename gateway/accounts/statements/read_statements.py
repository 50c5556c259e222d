"""Read the statements of one account, or of all accounts, that a consent covers: one page, newest first.

Only statements that lie wholly inside both the consent's window and the period that was asked for.
"""

from dataclasses import dataclass

from gateway.accounts.consented_accounts import consented
from gateway.accounts.pages.page_turn import PageTurn
from gateway.accounts.pages.records import next_cursor, position_of, upstream_ids, views_of
from gateway.accounts.pages.window import is_backwards, span_of, window_of
from gateway.pipeline.exchange import Exchange, present
from gateway.ports import StatementFilter
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking import commands
from kernel.banking.records.statements import Statement
from kernel.banking.results import RecordsView
from kernel.clock import Clock
from kernel.operations import Operation
from kernel.storage.cursor import CursorSealer


@dataclass(frozen=True)
class ReadStatements:
    accounts: GuardedAccounts
    cursors: CursorSealer
    clock: Clock
    operations = (Operation.LIST_STATEMENTS, Operation.READ_STATEMENTS)

    async def run(self, exchange: Exchange) -> RecordsView[Statement]:
        command: commands.ReadStatements = exchange.command
        consent = present(exchange.consent)
        references = consented(exchange, command.account_id)
        turn = PageTurn.open(self.cursors, self.clock, exchange)
        since, until = window_of(consent, command.starts_from, command.ends_to)
        if not references or is_backwards(since, until):
            return RecordsView((), numbered=turn.numbered(0))
        where = StatementFilter(since, until, position_of(turn), turn.limit, turn.skip)
        page = await self.accounts.statements(exchange.brand, upstream_ids(references), where)
        first, last = span_of(consent, page.first_available, page.last_available)
        following, numbered = next_cursor(turn, page.rows, page.more), turn.numbered(page.total)
        return RecordsView(views_of(references, page.rows), following, first, last, numbered)
