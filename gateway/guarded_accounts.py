"""A bank's accounts, behind a guard: an answer that was not asked for is refused, never passed on.

An upstream that mixes up its rows must not become a leak: ids, booking window, direction, order and page size are checked
against the question, and one account speaks one currency. Each call has its own time limit.
"""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from gateway.ports import AccountsUpstream, Position, TransactionFilter
from kernel.banking.accounts import Account, Balance, Transaction, TransactionPage
from kernel.brand import Brand
from kernel.errors import UpstreamFailed, UpstreamTimedOut

T = TypeVar("T")

UPSTREAM_SECONDS_MAX = 5.0


class GuardedAccounts:
    """The AccountsUpstream port over another one. Every method raises UpstreamFailed or UpstreamTimedOut."""

    def __init__(self, upstream: AccountsUpstream, seconds_max: float = UPSTREAM_SECONDS_MAX) -> None:
        self._upstream = upstream
        self._seconds_max = seconds_max

    async def accounts(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Account, ...]:
        found = await self._ask(self._upstream.accounts(brand, account_ids))
        _check_asked(account_ids, (account.id for account in found))
        if len({account.id for account in found}) != len(found):
            raise UpstreamFailed("one account was answered twice")
        return found

    async def balances(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Balance, ...]:
        found = await self._ask(self._upstream.balances(brand, account_ids))
        _check_asked(account_ids, (balance.account_id for balance in found))
        lines = ((balance.account_id, line.amount.currency) for balance in found for line in balance.credit_lines if line.amount)
        _check_currencies([*((balance.account_id, balance.amount.currency) for balance in found), *lines])
        return found

    async def transactions(self, brand: Brand, account_ids: tuple[str, ...], where: TransactionFilter) -> TransactionPage:
        page = await self._ask(self._upstream.transactions(brand, account_ids, where))
        rows = page.transactions
        _check_asked(account_ids, (row.account_id for row in rows))
        after = ((row.account_id, row.balance_after.currency) for row in rows if row.balance_after)
        _check_currencies([*((row.account_id, row.amount.currency) for row in rows), *after])
        if len(rows) > where.limit or (page.more and not rows):
            raise UpstreamFailed(f"{len(rows)} transactions for a page of {where.limit}, more: {page.more}")
        if where.as_of is not None and (page.as_of != where.as_of or any(row.sequence > where.as_of for row in rows)):
            raise UpstreamFailed("the listing is not the one that the first page began")
        for row in rows:
            _check_within(row, where)
        _check_order(rows, where.after)
        return page

    async def _ask(self, question: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._seconds_max):
                return await question
        except TimeoutError:
            raise UpstreamTimedOut(f"no answer within {self._seconds_max} s") from None


def position_of(row: Transaction) -> Position:
    return Position(booked_at=row.booked_at, transaction_id=row.id, account_id=row.account_id)


def _check_asked(asked: tuple[str, ...], answered: Iterable[str]) -> None:
    if not set(answered) <= set(asked):
        raise UpstreamFailed("the answer speaks of an account that was not asked about")


def _check_currencies(spoken: Iterable[tuple[str, str]]) -> None:
    currencies: dict[str, str] = {}
    for account_id, currency in spoken:
        if currencies.setdefault(account_id, currency) != currency:
            raise UpstreamFailed("one account is answered in two currencies")


def _check_within(row: Transaction, where: TransactionFilter) -> None:
    early = where.booked_from is not None and row.booked_at < where.booked_from
    late = where.booked_to is not None and row.booked_at > where.booked_to
    if early or late:
        raise UpstreamFailed("a transaction lies outside the window that was asked for")
    if (row.amount.minor < 0 and not where.debits) or (row.amount.minor > 0 and not where.credits):
        raise UpstreamFailed("a transaction has the direction that was not asked for")


def _check_order(rows: tuple[Transaction, ...], after: Position | None) -> None:
    previous = None if after is None else (after.booked_at, after.account_id, after.transaction_id)
    for row in rows:
        key = (row.booked_at, row.account_id, row.id)
        if previous is not None and key >= previous:
            raise UpstreamFailed("transactions are not in order, newest first, after the given position")
        previous = key
