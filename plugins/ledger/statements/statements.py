"""Statements: one for each month of an account, issued once the month is over, and never changed.

A period is a calendar month in UTC, the days in which the ledger books. An id is derived from account and period: issuing a
statement again, on any server, makes the same one, and the database keeps the first.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.accounts import AccountStatus, TransactionStatus
from kernel.banking.records.statements import Statement, StatementKind
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.storage.database import Database
from kernel.storage.lease import Lease
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.records.records import STATEMENTS
from plugins.ledger.records.schedule import add_months
from plugins.ledger.sequences import take_instant
from plugins.ledger.statements.statement_facts import StatedAccount, Turnover, summarise_period

ISSUE_EVERY_SECONDS = 10.0  # how late a statement may be after its month, against a look at every account for it
ACCOUNTS_PER_RUN = 100  # in one transaction
STATEMENTS_PER_ACCOUNT_MAX = 240  # made up for at once: twenty years
ID_DIGITS = 32  # hexadecimal: 128 bits of the hash, so that no two statements share an id
_INSTANT_BEFORE = timedelta(microseconds=1)


class StatementRun:
    """Issues what is due of one brand. `run` is the work of a singleton (kernel/storage/lease.py); it needs no fence, because two that run at
    once make the same statements, and the database keeps the first."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, brand: Brand) -> None:
        self._database = database
        self._commands = Commands(database=database, clock=clock)
        self._sealer = sealer
        self._clock = clock
        self._brand = brand.name
        self._issued_until: datetime | None = None

    async def run(self, _lease: Lease) -> None:
        await self.issue()

    async def issue(self) -> int:
        """Issue the statements of every period that is over; how many were issued. Once a month it asks the database."""
        until = _month_of(self._clock.now())
        if until == self._issued_until:
            return 0
        async with self._database.read() as connection:
            due = [account.id for account in await _load_due(connection, self._brand, until)]
        issued = 0
        for start in range(0, len(due), ACCOUNTS_PER_RUN):
            batch = due[start : start + ACCOUNTS_PER_RUN]
            issued += await self._commands.run(IssueStatements(self._sealer, self._clock, self._brand, batch, until))
        self._issued_until = until
        return issued


@dataclass(frozen=True, slots=True)
class IssueStatements:
    """The statements of these accounts that are due before `until`: how many."""

    name = "issue_statements"
    locks = ()
    sealer: Sealer
    clock: Clock
    brand: str
    account_ids: list[str]
    until: datetime

    async def handle(self, unit: UnitOfWork) -> int:
        connection = unit.connection
        await take_instant(connection, self.brand, self.clock.now())  # the lock: two runs take turns
        issued = 0
        for account in await _load_due(connection, self.brand, self.until, self.account_ids):
            for statement in await _make_statements(connection, self.brand, account, self.until):
                await STATEMENTS.record(connection, self.sealer, self.clock, self.brand, statement)
                issued += 1
        return issued


async def add_statements(connection: AsyncConnection, sealer: Sealer, brand: str, account_ids: list[str], now: datetime) -> None:
    """The statements of accounts whose history was just written, each issued at the end of its period."""
    for account in await _load_due(connection, brand, _month_of(now), account_ids):
        await STATEMENTS.add_history(
            connection, sealer, brand, await _make_statements(connection, brand, account, _month_of(now))
        )


def statement_id(brand: str, account_id: str, starts_at: datetime) -> str:
    """Opaque, and the same for ever."""
    return hashlib.sha256(f"statement/{brand}/{account_id}/{starts_at:%Y-%m}".encode()).hexdigest()[:ID_DIGITS]


async def _load_due(
    connection: AsyncConnection, brand: str, until: datetime, account_ids: list[str] | None = None
) -> list[StatedAccount]:
    """Accounts with a period before `until` (the first of a month) that has no statement yet."""
    accounts, statements = tables.accounts, tables.statements.c
    stated_until = (
        sa.select(sa.func.max(statements.ends_at))
        .where(statements.brand == accounts.c.brand, statements.account_id == accounts.c.id)
        .correlate(accounts)
        .scalar_subquery()
    )
    stated = sa.type_coerce(stated_until, accounts.c.opened_at.type)
    statement = sa.select(accounts, stated.label("stated_until")).where(
        accounts.c.brand == brand,
        accounts.c.internal.is_(False),
        accounts.c.opened_at < until,
        sa.or_(stated.is_(None), stated < until - _INSTANT_BEFORE),
        sa.or_(accounts.c.status != AccountStatus.DELETED, stated.is_(None), stated < accounts.c.status_changed_at),
    )
    if account_ids is not None:
        statement = statement.where(accounts.c.id.in_(account_ids))
    return [StatedAccount.read(row) for row in await connection.execute(statement.order_by(accounts.c.id))]


async def _make_statements(connection: AsyncConnection, brand: str, account: StatedAccount, until: datetime) -> list[Statement]:
    """The account's statements from the first period that has none to before `until`, or to the one in which it was closed."""
    if account.stated_until is None:
        starts_at = _month_of(await _load_first_booking(connection, brand, account.id) or account.opened_at)
    else:
        starts_at = account.stated_until + _INSTANT_BEFORE
    balance = await _load_balance_before(connection, brand, account.id, starts_at)
    made: list[Statement] = []
    while starts_at < until and len(made) < STATEMENTS_PER_ACCOUNT_MAX:
        next_start = add_months(starts_at, 1)
        ends_at = next_start - _INSTANT_BEFORE
        turnover = await _load_turnover(connection, brand, account.id, starts_at, ends_at)
        facts = summarise_period(account, balance, turnover, next_start)
        closed = account.closed_at is not None and account.closed_at < next_start
        made.append(
            Statement(
                id=statement_id(brand, account.id, starts_at),
                account_id=account.id,
                created_at=next_start,
                kind=StatementKind.ACCOUNT_CLOSURE if closed else StatementKind.PERIODIC,
                starts_at=starts_at,
                ends_at=ends_at,
                reference=f"{starts_at:%Y-%m}",
                **facts,
            )
        )
        if closed:
            break
        starts_at, balance = next_start, balance + sum(line.minor for line in turnover)
    return made


async def _load_first_booking(connection: AsyncConnection, brand: str, account_id: str) -> datetime | None:
    rows = tables.transactions.c
    first = (
        sa.select(rows.booked_at)
        .where(rows.brand == brand, rows.account_id == account_id, rows.status == TransactionStatus.BOOKED)
        .order_by(rows.booked_at, rows.id)
        .limit(1)
    )
    return (await connection.execute(first)).scalar_one_or_none()


async def _load_balance_before(connection: AsyncConnection, brand: str, account_id: str, at: datetime) -> int:
    """The balance of what was booked before that instant, in minor units."""
    rows = tables.transactions.c
    booked = sa.select(sa.func.coalesce(sa.func.sum(rows.amount_minor), 0)).where(
        rows.brand == brand,
        rows.account_id == account_id,
        rows.booked_at < at,
        rows.status == TransactionStatus.BOOKED,
    )
    return int(await connection.scalar(booked) or 0)


async def _load_turnover(
    connection: AsyncConnection, brand: str, account_id: str, since: datetime, until: datetime
) -> list[Turnover]:
    """The sums of what was booked between the two instants, both inclusive, by code and direction."""
    rows = tables.transactions.c
    is_credit = sa.case((rows.amount_minor > 0, 1), else_=0)
    booked = (
        sa.select(rows.code, sa.func.sum(rows.amount_minor), sa.func.count())
        .where(
            rows.brand == brand,
            rows.account_id == account_id,
            rows.booked_at >= since,
            rows.booked_at <= until,
            rows.status == TransactionStatus.BOOKED,
        )
        .group_by(rows.code, is_credit)
    )
    return [Turnover(code or "", int(minor), int(count)) for code, minor, count in await connection.execute(booked)]


def _month_of(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
