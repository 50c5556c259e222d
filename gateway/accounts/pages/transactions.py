"""One page of transactions, newest first, of a listing that its first page began: rows that arrive later do not appear and no row
appears twice. Only directions that the consent permits of an account are shown, and those that it permits of none are not asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from gateway.accounts.pages.page_turn import PageTurn
from gateway.accounts.pages.window import is_backwards
from gateway.pipeline.exchange import Exchange
from gateway.ports import Position, TransactionFilter
from gateway.upstream_guard.guarded_accounts import GuardedAccounts, position_of
from kernel.banking.accounts import Transaction, TransactionPage, TransactionStatus
from kernel.banking.consents import AccountReference, Consent, Permission
from kernel.banking.results import TransactionView


@dataclass(frozen=True, slots=True)
class TransactionListing:
    """Of the accounts `references`, booked within the inclusive bounds."""

    accounts: GuardedAccounts
    turn: PageTurn
    consent: Consent
    references: tuple[AccountReference, ...]
    since: datetime | None
    until: datetime | None

    async def load(self, exchange: Exchange) -> TransactionPage | None:
        """None: nothing at all can answer, and the bank was not asked."""
        where = self._filter()
        if not self.references or is_backwards(self.since, self.until) or not (where.credits or where.debits):
            return None
        return await self.accounts.transactions(exchange.brand, tuple(each.upstream_id for each in self.references), where)

    def views(self, rows: Iterable[Transaction], status: TransactionStatus | None) -> tuple[TransactionView, ...]:
        """In the caller's own account ids; of one status alone if it is given."""
        ours = {reference.upstream_id: reference.id for reference in self.references}
        views = (TransactionView(ours[row.account_id], row) for row in rows if status is None or row.status is status)
        return tuple(view for view in views if self._shows(view))

    def next_cursor(self, page: TransactionPage) -> str | None:
        if not page.more or self.turn.number is not None:
            return None
        last = position_of(page.transactions[-1])
        return self.turn.cursor_after(last.booked_at, last.account_id, last.transaction_id, page.as_of)

    def _filter(self) -> TransactionFilter:
        begun = self.turn.begun
        opened = frozenset[Permission]().union(*(self.consent.permitted(each.id) for each in self.references))
        return TransactionFilter(
            booked_from=self.since,
            booked_to=self.until,
            credits=Permission.TRANSACTIONS_CREDITS in opened,
            debits=Permission.TRANSACTIONS_DEBITS in opened,
            as_of=begun.as_of if begun else None,
            after=Position(begun.at, begun.row_id, begun.account_id) if begun else None,
            limit=self.turn.limit,
            skip=self.turn.skip,
        )

    def _shows(self, view: TransactionView) -> bool:
        """An entry of nothing has both directions."""
        minor, permitted = view.transaction.amount.minor, self.consent.permitted(view.account_id)
        return (minor <= 0 and Permission.TRANSACTIONS_DEBITS in permitted) or (
            minor >= 0 and Permission.TRANSACTIONS_CREDITS in permitted
        )
