"""Read the transactions of one account, or of all accounts, that a consent covers: one page, newest first.

What is asked for is narrowed to what was consented: the window, and credits or debits. A page after the first continues where
the last one ended in the listing that the first one began: rows that arrive later do not appear and no row appears twice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.consented_accounts import consented
from gateway.exchange import Exchange, present
from gateway.guarded_accounts import GuardedAccounts, position_of
from gateway.ports import Position, TransactionFilter
from kernel.banking import commands
from kernel.banking.accounts import TransactionPage
from kernel.banking.consents import AccountReference, Consent, Permission
from kernel.banking.results import TransactionsView, TransactionView
from kernel.clock import Clock
from kernel.cursor import Cursor, CursorSealer
from kernel.operations import Operation

PAGE_SIZE = 100  # transactions
PAGE_SIZE_MAX = 500  # transactions, however many a dialect lets its caller ask for
CURSOR_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True)
class ReadTransactions:
    accounts: GuardedAccounts
    cursors: CursorSealer
    clock: Clock
    operations = (Operation.LIST_TRANSACTIONS, Operation.READ_TRANSACTIONS)

    async def run(self, exchange: Exchange) -> TransactionsView:
        command: commands.ReadTransactions = exchange.command
        consent = present(exchange.consent)
        references = consented(consent, command.account_id)
        bound_to = _facts_of(exchange, command)
        cursor = self.cursors.open(command.cursor, self.clock.wall(), *bound_to) if command.cursor is not None else None
        where = _filter(consent, command, cursor)
        if not references or _is_empty(where):
            return TransactionsView(())
        page = await self.accounts.transactions(exchange.brand, tuple(reference.upstream_id for reference in references), where)
        return _view(references, command, consent, page, self._next(cursor, page, bound_to))

    def _next(self, cursor: Cursor | None, page: TransactionPage, bound_to: tuple[str, ...]) -> str | None:
        if not page.more:
            return None
        last = position_of(page.transactions[-1])
        expires_at = cursor.expires_at if cursor is not None else self.clock.wall() + CURSOR_LIFETIME
        following = Cursor(page.as_of, last.booked_at, last.account_id, last.transaction_id, expires_at)
        return self.cursors.seal(following, *bound_to)


def _facts_of(exchange: Exchange, command: commands.ReadTransactions) -> tuple[str, ...]:
    """What all pages of one listing share."""
    facts = (
        exchange.brand.name,
        present(exchange.client).id,
        present(exchange.consent).id,
        exchange.dialect.name,
        command.account_id,
        command.booked_from,
        command.booked_to,
        command.status,
        command.page_size,
        exchange.row.operation.value,
    )
    return tuple("" if fact is None else str(fact) for fact in facts)


def _filter(consent: Consent, command: commands.ReadTransactions, cursor: Cursor | None) -> TransactionFilter:
    return TransactionFilter(
        booked_from=_later(command.booked_from, consent.transactions_from),
        booked_to=_earlier(command.booked_to, consent.transactions_to),
        credits=Permission.TRANSACTIONS_CREDITS in consent.permissions,
        debits=Permission.TRANSACTIONS_DEBITS in consent.permissions,
        as_of=cursor.as_of if cursor else None,
        after=Position(cursor.booked_at, cursor.transaction_id, cursor.account_id) if cursor else None,
        limit=min(command.page_size or PAGE_SIZE, PAGE_SIZE_MAX),
    )


def _is_empty(where: TransactionFilter) -> bool:
    """Whether no transaction at all can answer."""
    backwards = where.booked_from is not None and where.booked_to is not None and where.booked_from > where.booked_to
    return backwards or not (where.credits or where.debits)


def _view(
    references: tuple[AccountReference, ...],
    command: commands.ReadTransactions,
    consent: Consent,
    page: TransactionPage,
    next_cursor: str | None,
) -> TransactionsView:
    ours = {reference.upstream_id: reference.id for reference in references}
    return TransactionsView(
        rows=tuple(
            TransactionView(ours[row.account_id], row)
            for row in page.transactions
            if command.status is None or row.status is command.status
        ),
        next_cursor=next_cursor,
        first_available=_later(page.first_available, consent.transactions_from) if page.first_available else None,
        last_available=_earlier(page.last_available, consent.transactions_to) if page.last_available else None,
    )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one is not None and other is not None else one or other


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one is not None and other is not None else one or other
