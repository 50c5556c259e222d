"""Rebuild what the ledger keeps from what was posted and held, and compare: balances, versions, holds, entries, lines, the trial balance.

The database's rules make every finding impossible; this is the proof that they did, and it finds what was changed behind their back.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.accounts import TransactionStatus
from kernel.banking.money import Money
from kernel.clock import SystemClock
from kernel.storage.database import Database
from plugins.ledger import tables
from plugins.ledger.accounts.internal import FX_POSITION, FX_RESULT
from plugins.ledger.holds.hold import HoldState
from plugins.ledger.transfers.past_transfers import TRANSFERS_KEPT
from plugins.ledger.verified_lines import (
    moved_sequences,
    redated_lines,
    rewritten_lines,
    unasked_payments,
    unsaid_postings,
)

_ACCOUNTS, _ENTRIES, _POSTINGS, _HOLDS = (each.c for each in (tables.accounts, tables.entries, tables.postings, tables.holds))
_LINES = tables.transactions.c


class Discrepancy(NamedTuple):
    """`what` is wrong, and the id of the account, entry, hold or currency that it is wrong with."""

    what: str
    id: str


class Counted(NamedTuple):
    """The rows that were compared; `overdrawn`: the accounts that forced entries or holds have taken below their floor."""

    accounts: int
    entries: int
    postings: int
    holds: int
    overdrawn: int


async def verify_books(database_url: str, brand: str) -> tuple[Counted, list[Discrepancy]]:
    """Of one moment, while a server runs too. Raises Overloaded."""
    async with Database.open(database_url) as database, database.snapshot() as connection:
        return await count_compared(connection, brand), await find_discrepancies(
            connection, brand, asked_since=SystemClock().wall() - TRANSFERS_KEPT
        )


async def load_exchange(database_url: str, brand: str) -> list[tuple[str, Money]]:
    """The balances of the bank's own accounts of exchange, by name and currency: its positions, and the results of revaluing them."""
    accounts = tables.accounts.c
    mine = (accounts.brand == brand, accounts.internal, accounts.product.in_((FX_POSITION, FX_RESULT)))
    wanted = sa.select(accounts.product, accounts.currency, accounts.booked).where(*mine)
    async with Database.open(database_url) as database, database.read() as connection:
        found = await connection.execute(wanted.order_by(accounts.product, accounts.currency))
        return [(row.product, Money(row.currency, row.booked)) for row in found]


async def find_discrepancies(
    connection: AsyncConnection, brand: str, *, asked_since: datetime | None = None
) -> list[Discrepancy]:
    """Of one moment, if the connection sees one (Database.snapshot). Sorted, and none when all is well. What was asked of the bank for a
    payment before `asked_since` need not be there any more."""
    found: set[Discrepancy] = set()
    for what, statement in _questions(brand, asked_since).items():
        found |= {Discrepancy(what, str(each)) for each in await connection.scalars(statement)}
    return sorted(found)


async def count_compared(connection: AsyncConnection, brand: str) -> Counted:
    below = (_ACCOUNTS.brand == brand, _ACCOUNTS.booked - _ACCOUNTS.held < _ACCOUNTS.floor)
    overdrawn = await connection.scalar(sa.select(sa.func.count()).select_from(tables.accounts).where(*below))
    return Counted(
        accounts=await _count(connection, tables.accounts, brand),
        entries=await _count(connection, tables.entries, brand),
        postings=await _count(connection, tables.postings, brand),
        holds=await _count(connection, tables.holds, brand),
        overdrawn=int(overdrawn or 0),
    )


async def _count(connection: AsyncConnection, table: sa.Table, brand: str) -> int:
    return int(await connection.scalar(sa.select(sa.func.count()).select_from(table).where(table.c.brand == brand)) or 0)


def _questions(brand: str, asked_since: datetime | None) -> dict[str, sa.Select[tuple[str]]]:
    return {
        "balance is not the sum of its postings": _wrong_balances(brand),
        "version is not the number of its postings": _wrong_versions(brand),
        "postings do not form a chain": _broken_chains(brand),
        "held is not the sum of its open holds": _wrong_holds(brand),
        "lines do not sum to the balance": _wrong_lines(brand),
        "line is not what was posted": rewritten_lines(brand),
        "posting has no line": unsaid_postings(brand),
        "payment is dated otherwise than its entry": redated_lines(brand),
        "payment was not asked for, or was refused": unasked_payments(brand, asked_since),
        "booking numbers were moved": moved_sequences(brand),
        "entry has other legs than it says": _incomplete_entries(brand),
        "posting has no entry": _orphaned_postings(brand),
        "entry does not sum to zero in each currency": _unbalanced_entries(brand),
        "captured hold was not spent": _unspent_holds(brand),
        "trial balance is not zero": _unbalanced_currencies(brand),
    }


def _sum_of(column: sa.ColumnElement[int], *where: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """Of the rows of the account of the enclosing statement, zero without any."""
    total = sa.select(sa.func.sum(column)).where(*where).correlate(tables.accounts).scalar_subquery()
    return sa.cast(sa.func.coalesce(total, 0), sa.BigInteger)


def _of_account(columns: Iterable[sa.ColumnElement[str]]) -> tuple[sa.ColumnElement[bool], ...]:
    brand, account_id = columns
    return brand == _ACCOUNTS.brand, account_id == _ACCOUNTS.id


def _wrong_balances(brand: str) -> sa.Select[tuple[str]]:
    total = _sum_of(_POSTINGS.amount_minor, *_of_account((_POSTINGS.brand, _POSTINGS.account_id)))
    return sa.select(_ACCOUNTS.id).where(_ACCOUNTS.brand == brand, _ACCOUNTS.booked != total)


def _wrong_versions(brand: str) -> sa.Select[tuple[str]]:
    mine = _of_account((_POSTINGS.brand, _POSTINGS.account_id))
    count = sa.select(sa.func.count()).select_from(tables.postings).where(*mine).correlate(tables.accounts)
    return sa.select(_ACCOUNTS.id).where(_ACCOUNTS.brand == brand, _ACCOUNTS.version != count.scalar_subquery())


def _broken_chains(brand: str) -> sa.Select[tuple[str]]:
    mine, order = (_POSTINGS.brand, _POSTINGS.account_id), _POSTINGS.version
    before = (
        sa.select(
            _POSTINGS.account_id,
            _POSTINGS.version,
            _POSTINGS.sequence,
            (_POSTINGS.after_minor - _POSTINGS.amount_minor).label("before"),
            sa.func.lag(_POSTINGS.after_minor, 1, 0).over(partition_by=mine, order_by=order).label("earlier"),
            sa.func.lag(_POSTINGS.sequence, 1, 0).over(partition_by=mine, order_by=order).label("earlier_sequence"),
            sa.func.row_number().over(partition_by=mine, order_by=order).label("number"),
        )
        .where(_POSTINGS.brand == brand)
        .subquery()
    )
    breaks = (
        before.c.before != before.c.earlier,
        before.c.version != before.c.number,
        before.c.sequence <= before.c.earlier_sequence,
    )
    return sa.select(before.c.account_id).where(sa.or_(*breaks))


def _wrong_holds(brand: str) -> sa.Select[tuple[str]]:
    is_open = (*_of_account((_HOLDS.brand, _HOLDS.account_id)), _HOLDS.state == HoldState.OPEN)
    return sa.select(_ACCOUNTS.id).where(_ACCOUNTS.brand == brand, _ACCOUNTS.held != _sum_of(_HOLDS.amount_minor, *is_open))


def _wrong_lines(brand: str) -> sa.Select[tuple[str]]:
    stands = (
        *_of_account((_LINES.brand, _LINES.account_id)),
        _LINES.status == TransactionStatus.BOOKED,
        _LINES.ended_by.is_(None),
    )
    mine = (_ACCOUNTS.brand == brand, _ACCOUNTS.internal.is_(False))
    return sa.select(_ACCOUNTS.id).where(*mine, _ACCOUNTS.booked != _sum_of(_LINES.amount_minor, *stands))


def _incomplete_entries(brand: str) -> sa.Select[tuple[str]]:
    """Among them an entry without postings, the one thing that PostgreSQL's rules let pass: it moves nothing."""
    counted = (
        sa.select(_POSTINGS.entry_id, sa.func.count().label("legs"), sa.func.max(_POSTINGS.leg).label("last"))
        .where(_POSTINGS.brand == brand)
        .group_by(_POSTINGS.entry_id)
        .subquery()
    )
    wrong = sa.or_(counted.c.legs.is_(None), counted.c.legs != _ENTRIES.legs, counted.c.last != _ENTRIES.legs)
    joined = tables.entries.outerjoin(counted, counted.c.entry_id == _ENTRIES.id)
    return sa.select(_ENTRIES.id).select_from(joined).where(_ENTRIES.brand == brand, wrong)


def _orphaned_postings(brand: str) -> sa.Select[tuple[str]]:
    joined = tables.postings.outerjoin(
        tables.entries, sa.and_(_ENTRIES.brand == _POSTINGS.brand, _ENTRIES.id == _POSTINGS.entry_id)
    )
    return sa.select(_POSTINGS.entry_id).select_from(joined).where(_POSTINGS.brand == brand, _ENTRIES.id.is_(None))


def _unbalanced_entries(brand: str) -> sa.Select[tuple[str]]:
    account = sa.and_(_ACCOUNTS.brand == _POSTINGS.brand, _ACCOUNTS.id == _POSTINGS.account_id)
    return (
        sa.select(_POSTINGS.entry_id)
        .select_from(tables.postings.join(tables.accounts, account))
        .where(_POSTINGS.brand == brand)
        .group_by(_POSTINGS.entry_id, _ACCOUNTS.currency)
        .having(sa.func.sum(_POSTINGS.amount_minor) != 0)
    )


def _unspent_holds(brand: str) -> sa.Select[tuple[str]]:
    """All that one entry captured of an account was spent from it by that entry."""
    spent = (
        sa.select(_POSTINGS.entry_id, _POSTINGS.account_id, sa.func.sum(_POSTINGS.amount_minor).label("minor"))
        .where(_POSTINGS.brand == brand, _POSTINGS.amount_minor < 0)
        .group_by(_POSTINGS.entry_id, _POSTINGS.account_id)
        .subquery()
    )
    is_captured = (_HOLDS.brand == brand, _HOLDS.state == HoldState.CAPTURED)
    captured = (
        sa.select(_HOLDS.entry_id, _HOLDS.account_id, sa.func.sum(_HOLDS.captured_minor).label("minor"))
        .where(*is_captured)
        .group_by(_HOLDS.entry_id, _HOLDS.account_id)
        .subquery()
    )
    joined = tables.holds.join(captured, _of_hold(captured)).outerjoin(spent, _of_hold(spent))
    found = sa.select(_HOLDS.id).select_from(joined)
    return found.where(*is_captured, sa.func.coalesce(spent.c.minor, 0) > -captured.c.minor)


def _of_hold(rows: sa.Subquery) -> sa.ColumnElement[bool]:
    return sa.and_(rows.c.entry_id == _HOLDS.entry_id, rows.c.account_id == _HOLDS.account_id)


def _unbalanced_currencies(brand: str) -> sa.Select[tuple[str]]:
    balances = sa.select(_ACCOUNTS.currency).where(_ACCOUNTS.brand == brand).group_by(_ACCOUNTS.currency)
    return balances.having(sa.func.sum(_ACCOUNTS.booked) != 0)
