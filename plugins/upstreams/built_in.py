"""The built-in core bank as an accounts upstream: reads the ledger. Implements gateway/ports.py AccountsUpstream and
consent/ports.py CustomerAccounts.

A listing is a view of the books as they stood at one booking sequence number, so rows that arrive later neither appear in its
later pages nor push others out of them. Each account's part of a page is one short walk along an index.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.ports import Position, TransactionFilter
from kernel.banking.accounts import (
    Account,
    AccountCategory,
    AccountStatus,
    AccountType,
    Balance,
    BalanceType,
    CreditLine,
    Transaction,
    TransactionPage,
    TransactionStatus,
)
from kernel.banking.money import Money
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.database import Database
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from kernel.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.balances import held, last_balance
from plugins.ledger.documents import Identity, open_identity, open_narrative

READ_TIMEOUT_SECONDS = 5.0
ACCOUNTS_PER_STATEMENT = 200  # SQLite joins at most 500 selects, the span takes two of each account


class BuiltInBank:
    """Reads only; the ledger's own module writes."""

    name = "built_in"

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    async def accounts(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Account, ...]:
        """The accounts in the order asked for. Raises UpstreamFailed or UpstreamTimedOut, as every method here does."""
        async with self._reading() as connection:
            found = {row.id: row for row in await connection.execute(_select_accounts(brand.name, account_ids))}
        return tuple(
            self._account(brand.name, found[account_id]) for account_id in dict.fromkeys(account_ids) if account_id in found
        )

    async def accounts_of(self, brand: Brand, customer_id: str) -> tuple[Account, ...]:
        """The customer's accounts that may be shared, in the customer's own order."""
        accounts, holders = tables.accounts, tables.holders
        statement = (
            sa.select(accounts)
            .join(holders, sa.and_(holders.c.brand == accounts.c.brand, holders.c.account_id == accounts.c.id))
            .where(
                holders.c.brand == brand.name,
                holders.c.customer_id == customer_id,
                accounts.c.eligible,
                accounts.c.status != AccountStatus.DELETED,
            )
            .order_by(holders.c.position, accounts.c.id)
        )
        async with self._reading() as connection:
            rows = (await connection.execute(statement)).all()
        return tuple(self._account(brand.name, row) for row in rows)

    async def balances(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Balance, ...]:
        """Of each account: what is booked, and what is available: booked, less holds, plus the credit line."""
        statement = _select_accounts(brand.name, account_ids).add_columns(last_balance().label("booked"), held().label("held"))
        async with self._reading() as connection:
            found = {row.id: row for row in await connection.execute(statement)}
        ordered = (found[account_id] for account_id in dict.fromkeys(account_ids) if account_id in found)
        return tuple(balance for row in ordered for balance in self._balances(row))

    async def transactions(self, brand: Brand, account_ids: tuple[str, ...], where: TransactionFilter) -> TransactionPage:
        """One page, newest first by (booked_at, account_id, id)."""
        wanted = tuple(dict.fromkeys(account_ids))
        if where.after is not None and not where.after.account_id and len(wanted) > 1:
            raise ValueError("a position among several accounts names its own")
        rows: list[sa.Row[tuple[object, ...]]] = []
        ends: list[datetime] = []
        async with self._reading() as connection:
            as_of = where.as_of if where.as_of is not None else await _load_last_sequence(connection, brand.name)
            for start in range(0, len(wanted), ACCOUNTS_PER_STATEMENT):
                some = wanted[start : start + ACCOUNTS_PER_STATEMENT]
                rows += await connection.execute(_select_page(brand.name, some, where, as_of))
                ends += await connection.scalars(_select_ends(brand.name, some, as_of))
        page = sorted(rows, key=lambda row: (row.booked_at, row.account_id, row.id), reverse=True)
        return TransactionPage(
            transactions=tuple(self._transaction(brand.name, row) for row in page[: where.limit]),
            more=len(page) > where.limit,
            as_of=as_of,
            first_available=min(ends, default=None),
            last_available=max(ends, default=None),
        )

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with asyncio.timeout(READ_TIMEOUT_SECONDS), self._database.read() as connection:
                yield connection
        except TimeoutError as error:
            raise UpstreamTimedOut("the ledger's database did not answer in time") from error
        except SQLAlchemyError as error:
            raise UpstreamFailed(f"the ledger's database: {type(error).__name__}") from error

    def _account(self, brand: str, row: sa.Row[tuple[object, ...]]) -> Account:
        identity = open_identity(self._sealer, row.identity, brand, row.id) if row.identity else Identity()
        return Account(
            id=row.id,
            currency=row.currency,
            category=AccountCategory(row.category),
            type=AccountType(row.type),
            status=AccountStatus(row.status),
            status_changed_at=row.status_changed_at,
            name=row.product,
            nickname=identity.nickname,
            identifiers=identity.identifiers,
            servicer_bic=row.servicer_bic,
            opened_at=row.opened_at,
            eligible=row.eligible,
        )

    def _balances(self, row: sa.Row[tuple[object, ...]]) -> tuple[Balance, Balance]:
        line = row.credit_line_minor
        available = row.booked - row.held + (line or 0)
        lines = () if line is None else (CreditLine(included=True, amount=Money(row.currency, line)),)
        now = self._clock.now()
        return (
            Balance(account_id=row.id, type=BalanceType.INTERIM_BOOKED, amount=Money(row.currency, row.booked), at=now),
            Balance(
                account_id=row.id,
                type=BalanceType.INTERIM_AVAILABLE,
                amount=Money(row.currency, available),
                at=now,
                credit_lines=lines,
            ),
        )

    def _transaction(self, brand: str, row: sa.Row[tuple[object, ...]]) -> Transaction:
        narrative = open_narrative(self._sealer, row.narrative, brand, row.id)
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
        )


def _select_accounts(brand: str, account_ids: tuple[str, ...]) -> sa.Select[tuple[object, ...]]:
    accounts = tables.accounts
    return sa.select(accounts).where(accounts.c.brand == brand, accounts.c.id.in_(account_ids), accounts.c.internal.is_(False))


async def _load_last_sequence(connection: AsyncConnection, brand: str) -> int:
    sequences = tables.sequences
    return int(await connection.scalar(sa.select(sequences.c.last).where(sequences.c.brand == brand)) or 0)


def _standing(brand: str, account_id: str, as_of: int) -> sa.ColumnElement[bool]:
    """The versions of an account's transactions that stood at a booking sequence number."""
    rows = tables.transactions.c
    return sa.and_(
        rows.brand == brand,
        rows.account_id == account_id,
        rows.sequence + 0 <= as_of,  # as an expression: no planner shall walk the sequence when it can walk the booking index
        sa.or_(rows.ended_by.is_(None), rows.ended_by > as_of),
    )


def _select_page(
    brand: str, account_ids: tuple[str, ...], where: TransactionFilter, as_of: int
) -> sa.CompoundSelect[tuple[object, ...]]:
    """The newest rows of each account by itself, one more than fits: their merge is the page and says whether more exist."""
    parts = []
    for account_id in account_ids:
        rows = tables.transactions.c
        part = sa.select(tables.transactions).where(_standing(brand, account_id, as_of), *_bounds(where))
        if where.after is not None:
            part = part.where(_older(account_id, where.after))
        newest = part.order_by(rows.booked_at.desc(), rows.id.desc()).limit(where.limit + 1).subquery()
        parts.append(sa.select(newest))
    return sa.union_all(*parts)


def _bounds(where: TransactionFilter) -> list[sa.ColumnElement[bool]]:
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

    A position that names no account speaks of the only one. Python and the database order text alike (tables.py)."""
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
    """The first and the last booking instant of each account, whatever the filter."""
    rows = tables.transactions.c
    ends = [
        sa.select(sa.select(rows.booked_at).where(_standing(brand, account_id, as_of)).order_by(order).limit(1).subquery())
        for account_id in account_ids
        for order in (rows.booked_at.asc(), rows.booked_at.desc())
    ]
    return sa.union_all(*ends)
