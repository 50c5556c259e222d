"""The questions of `verify` about the lines that holders read, the payments that entries book, and the booking numbers of both."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from kernel.banking.accounts import TransactionStatus
from kernel.banking.orders import REFUSED_STATUSES
from plugins.ledger import tables
from plugins.ledger.transfers.transfers import TransferState

_ACCOUNTS, _ENTRIES, _POSTINGS = (each.c for each in (tables.accounts, tables.entries, tables.postings))
_LINES, _TRANSFERS, _SEQUENCES = (each.c for each in (tables.transactions, tables.transfers, tables.sequences))
PAYMENT = "payment"  # the kind of the entries that payment orders make (plugins/upstreams/transfer_entries.py)
DATED_WITHIN = timedelta(days=1)  # of its entry: the line of a payment, which bears the moment at which it was booked
NUMBERS_UNUSED_MAX = 1_000_000  # booking numbers beyond the highest: earlier releases may have taken some for nothing


def _of_line() -> sa.ColumnElement[bool]:
    """A line has the booking number of its posting."""
    return sa.and_(
        _POSTINGS.brand == _LINES.brand, _POSTINGS.account_id == _LINES.account_id, _POSTINGS.sequence == _LINES.sequence
    )


def rewritten_lines(brand: str) -> sa.Select[tuple[str]]:
    """Lines and postings in one heap: a line alone with its number, account, amount and balance is not what was posted. Nothing is joined,
    so that no plan compares each with each where a database has no statistics of its tables."""
    booked = sa.select(
        _LINES.sequence, _LINES.account_id, _LINES.amount_minor, _LINES.balance_after_minor.label("after_minor"), _LINES.id
    ).where(_LINES.brand == brand, _LINES.status == TransactionStatus.BOOKED)
    posted = sa.select(_POSTINGS.sequence, _POSTINGS.account_id, _POSTINGS.amount_minor, _POSTINGS.after_minor, sa.null()).where(
        _POSTINGS.brand == brand
    )
    both = sa.union_all(booked, posted).subquery().c
    said = (both.sequence, both.account_id, both.amount_minor, both.after_minor)
    return sa.select(sa.func.max(both.id)).group_by(*said).having(sa.func.count() == sa.func.count(both.id))


def unsaid_postings(brand: str) -> sa.Select[tuple[str]]:
    account = sa.and_(_ACCOUNTS.brand == _POSTINGS.brand, _ACCOUNTS.id == _POSTINGS.account_id)
    joined = tables.postings.join(tables.accounts, account).outerjoin(tables.transactions, _of_line())
    is_customers = (_POSTINGS.brand == brand, _ACCOUNTS.internal.is_(False))
    return sa.select(_POSTINGS.entry_id).select_from(joined).where(*is_customers, _LINES.id.is_(None))


def redated_lines(brand: str) -> sa.Select[tuple[str]]:
    entry = sa.and_(_ENTRIES.brand == _POSTINGS.brand, _ENTRIES.id == _POSTINGS.entry_id)
    joined = tables.transactions.join(tables.postings, _of_line()).join(tables.entries, entry)
    apart = _instant(_LINES.booked_at) - _instant(_ENTRIES.recorded_at)
    found = sa.select(_LINES.id).select_from(joined).where(_LINES.brand == brand, _ENTRIES.kind == PAYMENT)
    return found.where(sa.func.abs(apart) > DATED_WITHIN // timedelta(microseconds=1))


def _instant(column: sa.ColumnElement[datetime]) -> sa.ColumnElement[int]:
    return sa.type_coerce(column, sa.BigInteger)


def unasked_payments(brand: str, asked_since: datetime | None) -> sa.Select[tuple[str]]:
    """Between its entry and the last word on it, a transfer is submitted and has no word, or an earlier one. Those of payments before
    `asked_since` may be gone."""
    asked = sa.exists().where(
        _TRANSFERS.brand == _ENTRIES.brand,
        _TRANSFERS.order_id == _ENTRIES.id,
        _TRANSFERS.state == TransferState.SUBMITTED,
        _TRANSFERS.document.is_not(None),
        sa.func.coalesce(_TRANSFERS.status, "").not_in([status.value for status in REFUSED_STATUSES]),
    )
    payments = sa.select(_ENTRIES.id).where(_ENTRIES.brand == brand, _ENTRIES.kind == PAYMENT, ~asked)
    return payments if asked_since is None else payments.where(_ENTRIES.recorded_at > asked_since)


def moved_sequences(brand: str) -> sa.Select[tuple[str]]:
    highest = [
        sa.select(sa.func.coalesce(sa.func.max(column), 0)).where(column.table.c.brand == brand).scalar_subquery()
        for column in (_POSTINGS.sequence, _LINES.sequence, _LINES.ended_by)
    ]
    below = sa.or_(*(_SEQUENCES.last < each for each in highest))
    above = sa.and_(*(_SEQUENCES.last > each + NUMBERS_UNUSED_MAX for each in highest))
    return sa.select(_SEQUENCES.brand).where(_SEQUENCES.brand == brand, sa.or_(below, above))
