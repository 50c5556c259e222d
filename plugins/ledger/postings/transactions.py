"""Pages of transactions, as the books stood at one booking sequence number: rows that arrive later neither appear in a listing's
later pages nor push others out of them. Each account's part of a page is one short walk along an index.
"""

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.ports import Position, TransactionFilter
from kernel.banking.accounts import Transaction, TransactionPage, TransactionStatus
from kernel.banking.money import Money
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.documents import open_narrative

ACCOUNTS_PER_STATEMENT = 200  # SQLite joins at most 500 selects, the span takes two of each account


async def load_transactions(
    connection: AsyncConnection, sealer: Sealer, brand: str, account_ids: tuple[str, ...], where: TransactionFilter
) -> TransactionPage:
    """One page, newest first by (booked_at, account_id, id); counted where it is asked for by its number."""
    wanted = tuple(dict.fromkeys(account_ids))
    if where.after is not None and not where.after.account_id and len(wanted) > 1:
        raise ValueError("a position among several accounts names its own")
    as_of = where.as_of if where.as_of is not None else await load_last_sequence(connection, brand)
    total: int | None = None
    if where.skip is None:
        found = await _load_newest(connection, brand, wanted, where, as_of)
    else:
        found, total = await _load_numbered(connection, brand, wanted, where, as_of)
    rows = sorted(found, key=lambda row: (row.booked_at, row.account_id, row.id), reverse=True)
    ends = await _load_ends(connection, brand, wanted, as_of)
    return TransactionPage(
        transactions=tuple(read_transaction(sealer, brand, row) for row in rows[: where.limit]),
        more=len(rows) > where.limit if total is None else (where.skip or 0) + len(rows) < total,
        as_of=as_of,
        first_available=min(ends, default=None),
        last_available=max(ends, default=None),
        total=total,
    )


async def _load_newest(
    connection: AsyncConnection, brand: str, account_ids: tuple[str, ...], where: TransactionFilter, as_of: int
) -> list[sa.Row[tuple[object, ...]]]:
    rows: list[sa.Row[tuple[object, ...]]] = []
    for some in _some(account_ids):
        rows += await connection.execute(_select_page(brand, some, where, as_of))
    return rows


async def _load_numbered(
    connection: AsyncConnection, brand: str, account_ids: tuple[str, ...], where: TransactionFilter, as_of: int
) -> tuple[list[sa.Row[tuple[object, ...]]], int]:
    """The rows of a page by its number, in no order, and how many there are in all. Costs more than a page by its position: the rows
    before it are passed over, and all are counted."""
    rows = tables.transactions.c
    wanted = sa.and_(rows.brand == brand, rows.account_id.in_(account_ids), _stood_at(as_of), *_bounds(where))
    total = await connection.scalar(sa.select(sa.func.count()).select_from(tables.transactions).where(wanted))
    order = (rows.booked_at.desc(), rows.account_id.desc(), rows.id.desc())
    # sorted are keys alone: a row is wide
    page = sa.select(rows.sequence).where(wanted).order_by(*order).limit(where.limit).offset(where.skip or 0).subquery()
    found = sa.select(tables.transactions).where(rows.brand == brand, rows.sequence.in_(sa.select(page.c.sequence)))
    return list(await connection.execute(found)), int(total or 0)


async def _load_ends(connection: AsyncConnection, brand: str, account_ids: tuple[str, ...], as_of: int) -> list[datetime]:
    ends: list[datetime] = []
    for some in _some(account_ids):
        ends += await connection.scalars(_select_ends(brand, some, as_of))
    return ends


def _some(account_ids: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    starts = range(0, len(account_ids), ACCOUNTS_PER_STATEMENT)
    return (account_ids[start : start + ACCOUNTS_PER_STATEMENT] for start in starts)


async def load_last_sequence(connection: AsyncConnection, brand: str) -> int:
    sequences = tables.sequences
    return int(await connection.scalar(sa.select(sequences.c.last).where(sequences.c.brand == brand)) or 0)


def read_transaction(sealer: Sealer, brand: str, row: sa.Row[tuple[object, ...]]) -> Transaction:
    narrative = open_narrative(sealer, row.narrative, brand, row.id)
    after = row.balance_after_minor
    return Transaction(
        id=row.id,
        account_id=row.account_id,
        sequence=row.sequence,
        amount=Money(row.currency, row.amount_minor),
        status=TransactionStatus(row.status),
        booked_at=row.booked_at,
        value_at=row.value_at,
        information=narrative.information,
        reference=narrative.reference,
        code=row.code,
        merchant=narrative.merchant,
        counterparty=narrative.counterparty,
        balance_after=None if after is None else Money(row.currency, after),
        exchange=narrative.exchange,
    )


def _versions_at(brand: str, account_id: str, as_of: int) -> sa.ColumnElement[bool]:
    """The versions of an account's transactions that stood at a booking sequence number."""
    rows = tables.transactions.c
    return sa.and_(rows.brand == brand, rows.account_id == account_id, _stood_at(as_of))


def _select_page(
    brand: str, account_ids: tuple[str, ...], where: TransactionFilter, as_of: int
) -> sa.CompoundSelect[tuple[object, ...]]:
    """The newest rows of each account by itself, one more than fits: their merge is the page and says whether more exist."""
    parts = []
    for account_id in account_ids:
        rows = tables.transactions.c
        part = sa.select(tables.transactions).where(_versions_at(brand, account_id, as_of), *_bounds(where))
        if where.after is not None:
            part = part.where(_older(account_id, where.after))
        newest = part.order_by(rows.booked_at.desc(), rows.id.desc()).limit(where.limit + 1).subquery()
        parts.append(sa.select(newest))
    return sa.union_all(*parts)


def _stood_at(as_of: int) -> sa.ColumnElement[bool]:
    """The versions of transactions that stood at a booking sequence number."""
    rows = tables.transactions.c
    return sa.and_(
        rows.sequence + 0 <= as_of,  # as an expression: no planner shall walk the sequence when it can walk the booking index
        sa.or_(rows.ended_by.is_(None), rows.ended_by > as_of),
    )


def _bounds(where: TransactionFilter) -> list[sa.ColumnElement[bool]]:
    """Window and direction."""
    rows = tables.transactions.c
    bounds: list[sa.ColumnElement[bool]] = []
    if where.booked_from is not None:
        bounds.append(rows.booked_at >= where.booked_from)
    if where.booked_to is not None:
        bounds.append(rows.booked_at <= where.booked_to)
    if not where.credits:
        bounds.append(rows.amount_minor < 0)
    if not where.debits:
        bounds.append(rows.amount_minor > 0)
    return bounds


def _older(account_id: str, after: Position) -> sa.ColumnElement[bool]:
    """Rows of one account that come after the position, newest first by (booked_at, account_id, id).

    A position without an account means the only one. Python and the database order text alike (tables.py)."""
    rows = tables.transactions.c
    position_account = after.account_id or account_id
    if account_id < position_account:
        return rows.booked_at <= after.booked_at
    if account_id > position_account:
        return rows.booked_at < after.booked_at
    return sa.tuple_(rows.booked_at, rows.id) < sa.tuple_(
        sa.literal(after.booked_at, rows.booked_at.type), sa.literal(after.transaction_id, rows.id.type)
    )


def _select_ends(brand: str, account_ids: tuple[str, ...], as_of: int) -> sa.CompoundSelect[tuple[datetime]]:
    """The first and the last booking instant of each account. Filters do not apply."""
    rows = tables.transactions.c
    ends = [
        sa.select(sa.select(rows.booked_at).where(_versions_at(brand, account_id, as_of)).order_by(order).limit(1).subquery())
        for account_id in account_ids
        for order in (rows.booked_at.asc(), rows.booked_at.desc())
    ]
    return sa.union_all(*ends)
