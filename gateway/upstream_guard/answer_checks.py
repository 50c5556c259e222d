"""The checks of a bank's answer against the question. Each raises UpstreamFailed, whose detail names no data."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from gateway.ports import RECORDS_PER_ACCOUNT_MAX, Page, Position, RecordPosition, StatementFilter, TransactionFilter
from kernel.banking.accounts import Counterparty, CurrencyExchange, Transaction
from kernel.banking.money import Money, exponent
from kernel.banking.records.listing import RecordPage
from kernel.banking.records.products import InterestTier, OverdraftTier, Product
from kernel.banking.records.statements import StatementPage
from kernel.errors import UpstreamFailed

WHOLE_DIGITS_MAX = 13  # of an amount: that every standard can carry
RATE_LIMIT = 1000  # of a rate in per cent, positive or negative
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_RECORD_ID = re.compile(r"[!-~]{1,40}", re.ASCII)


class Record(Protocol):
    """A record with the members that order a listing."""

    @property
    def id(self) -> str: ...

    @property
    def account_id(self) -> str: ...

    @property
    def created_at(self) -> datetime: ...


def check_asked(asked: tuple[str, ...], answered: Iterable[str]) -> None:
    if not set(answered) <= set(asked):
        raise UpstreamFailed("the answer names an account that was not asked about")


def check_amounts(answered: Iterable[tuple[str, Money | None]]) -> None:
    """Amounts by account: each account has one currency, and no amount is too large for a standard."""
    currencies: dict[str, str] = {}
    for account_id, amount in answered:
        if amount is None:
            continue
        if currencies.setdefault(account_id, amount.currency) != amount.currency:
            raise UpstreamFailed("one account is answered in two currencies")
        check_amount(amount)


def check_amount(amount: Money) -> None:
    check_currency(amount.currency)
    if abs(amount.minor) >= 10 ** (WHOLE_DIGITS_MAX + exponent(amount.currency)):
        raise UpstreamFailed("an amount is larger than a standard can carry")


def check_currency(currency: str) -> None:
    if _CURRENCY.fullmatch(currency) is None:
        raise UpstreamFailed("a currency is not an ISO 4217 code")


def check_sizes(amounts: Iterable[Money | None]) -> None:
    """Refuse a negative amount where its meaning gives the direction."""
    if any(amount is not None and amount.minor < 0 for amount in amounts):
        raise UpstreamFailed("an amount is negative that cannot be")


def check_rates(rates: Iterable[Decimal | None]) -> None:
    """Per cent."""
    if not all(rate is None or (rate.is_finite() and abs(rate) < RATE_LIMIT) for rate in rates):
        raise UpstreamFailed("a rate is larger than a standard can carry")


def check_exchange(exchange: CurrencyExchange) -> None:
    check_amount(exchange.instructed)
    if not exchange.rate.is_finite() or exchange.rate <= 0:
        raise UpstreamFailed("a rate of exchange is not above zero")


def check_product(product: Product) -> None:
    tiers: tuple[InterestTier | OverdraftTier, ...] = (*product.credit_interest, *product.overdraft)
    bounds = [amount for tier in tiers for amount in (tier.minimum, tier.maximum)]
    check_amounts((product.account_id, amount) for amount in (*bounds, product.monthly_maximum_charge))
    check_sizes((*bounds, product.monthly_maximum_charge))
    check_rates([tier.annual_rate for tier in tiers] + [tier.gross_rate for tier in product.credit_interest])


def check_ids(found: Iterable[str]) -> None:
    if not all(_RECORD_ID.fullmatch(each) for each in found):
        raise UpstreamFailed("an id is not 1 to 40 visible ASCII characters")


def check_payees(payees: Iterable[Counterparty]) -> None:
    if any(payee.identifier is None or not payee.identifier.identification for payee in payees):
        raise UpstreamFailed("a payee has no account")


def check_few(account_ids: Iterable[str], most: int = RECORDS_PER_ACCOUNT_MAX) -> None:
    """Check that an unpaged answer holds at most `most` records of each account."""
    if any(count > most for count in Counter(account_ids).values()):
        raise UpstreamFailed(f"more than {most} records of one account")


def check_page(page: RecordPage[Any] | StatementPage, account_ids: tuple[str, ...], where: Page | StatementFilter) -> None:
    check_records(page.rows, page.more, account_ids, where.limit, where.after)
    check_total(where.skip, where.limit, len(page.rows), page.total)


def check_records(
    rows: Sequence[Record], more: bool, account_ids: tuple[str, ...], limit: int, after: RecordPosition | None
) -> None:
    """A page of records: of the accounts asked about, no larger than asked for, in order, and after the given position."""
    check_asked(account_ids, (row.account_id for row in rows))
    check_ids(row.id for row in rows)
    if len(rows) > limit or (more and not rows):
        raise UpstreamFailed(f"{len(rows)} records for a page of {limit}, more: {more}")
    if len({row.id for row in rows}) != len(rows):
        raise UpstreamFailed("one record was answered twice")
    previous = None if after is None else (after.created_at, after.account_id, after.record_id)
    for row in rows:
        key = (row.created_at, row.account_id, row.id)
        if previous is not None and key >= previous:
            raise UpstreamFailed("records are not in order, newest first, after the given position")
        previous = key


def check_total(skip: int | None, limit: int, rows: int, total: int | None) -> None:
    """A page by its number is counted, and has exactly the rows that the count leaves it."""
    if skip is None:
        return
    if total is None or total < 0:
        raise UpstreamFailed("a page by its number was not counted")
    if rows != min(limit, max(0, total - skip)):
        raise UpstreamFailed(f"{rows} rows after {skip} of {total}, for a page of {limit}")


def check_within(row: Transaction, where: TransactionFilter) -> None:
    early = where.booked_from is not None and row.booked_at < where.booked_from
    late = where.booked_to is not None and row.booked_at > where.booked_to
    if early or late:
        raise UpstreamFailed("a transaction lies outside the window that was asked for")
    if (row.amount.minor < 0 and not where.debits) or (row.amount.minor > 0 and not where.credits):
        raise UpstreamFailed("a transaction has the direction that was not asked for")


def check_order(rows: Iterable[Transaction], after: Position | None) -> None:
    previous = None if after is None else (after.booked_at, after.account_id, after.transaction_id)
    for row in rows:
        key = (row.booked_at, row.account_id, row.id)
        if previous is not None and key >= previous:
            raise UpstreamFailed("transactions are not in order, newest first, after the given position")
        previous = key
