"""Statements: one for each month of an account, issued once the month is over, and never changed.

A period is a calendar month in the brand's zone, the days in which the ledger books. It begins where the one before it ended, also after
one that was issued in another zone: nothing is stated twice, and nothing is left out. An id is derived from account and period: issuing
a statement again, on any server, makes the same one, and the database keeps the first.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

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
_ZONES_APART_MAX = timedelta(days=2)  # the midnights of one date, in any two zones


class StatementRun:
    """Issues what is due of one brand. `run` is the work of a singleton (kernel/storage/lease.py); it needs no fence, because two that run at
    once make the same statements, and the database keeps the first."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, brand: Brand) -> None:
        self._database = database
        self._commands = Commands(database=database, clock=clock)
        self._sealer = sealer
        self._clock = clock
        self._brand, self._zone = brand.name, brand.zone
        self._issued_until: datetime | None = None

    async def run(self, _lease: Lease) -> None:
        await self.issue()

    async def issue(self) -> int:
        """Issue the statements of every period that is over; how many were issued. Once a month it asks the database."""
        until = _start_of_month(self._clock.now(), self._zone)
        if until == self._issued_until:
            return 0
        async with self._database.read() as connection:
            due = [account.id for account in await _load_due(connection, self._brand, until)]
        issued = 0
        for start in range(0, len(due), ACCOUNTS_PER_RUN):
            batch = due[start : start + ACCOUNTS_PER_RUN]
            issued += await self._commands.run(IssueStatements(self._sealer, self._clock, self._brand, self._zone, batch, until))
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
    zone: tzinfo
    account_ids: list[str]
    until: datetime

    async def handle(self, unit: UnitOfWork) -> int:
        connection = unit.connection
        await take_instant(connection, self.brand, self.clock.now())  # the lock: two runs take turns
        issued = 0
        for account in await _load_due(connection, self.brand, self.until, self.account_ids):
            for statement in await _make_statements(connection, self.brand, account, self.until, self.zone):
                await STATEMENTS.record(connection, self.sealer, self.clock, self.brand, statement)
                issued += 1
        return issued


async def add_statements(
    connection: AsyncConnection, sealer: Sealer, brand: str, account_ids: list[str], now: datetime, *, zone: tzinfo
) -> None:
    """The statements of accounts whose history was just written, each issued at the end of its period."""
    until = _start_of_month(now, zone)
    for account in await _load_due(connection, brand, until, account_ids):
        await STATEMENTS.add_history(connection, sealer, brand, await _make_statements(connection, brand, account, until, zone))


def statement_id(brand: str, account_id: str, month: str) -> str:
    """Opaque, and the same for ever. `month`: as in "2026-07"."""
    return hashlib.sha256(f"statement/{brand}/{account_id}/{month}".encode()).hexdigest()[:ID_DIGITS]


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


async def _make_statements(
    connection: AsyncConnection, brand: str, account: StatedAccount, until: datetime, zone: tzinfo
) -> list[Statement]:
    """The account's statements from the first period that has none to before `until`, or to the one in which it was closed."""
    if account.stated_until is None:
        starts_at = _start_of_month(await _load_first_booking(connection, brand, account.id) or account.opened_at, zone)
    else:
        starts_at = account.stated_until + _INSTANT_BEFORE
    balance = await _load_balance_before(connection, brand, account.id, starts_at)
    made: list[Statement] = []
    while starts_at < until and len(made) < STATEMENTS_PER_ACCOUNT_MAX:
        month, next_start = _month_from(starts_at, zone)
        if next_start > until:  # it follows a month of another zone, which ended earlier
            break
        ends_at = next_start - _INSTANT_BEFORE
        turnover = await _load_turnover(connection, brand, account.id, starts_at, ends_at)
        facts = summarise_period(account, balance, turnover, next_start)
        closed = account.closed_at is not None and account.closed_at < next_start
        made.append(
            Statement(
                id=statement_id(brand, account.id, month),
                account_id=account.id,
                created_at=next_start,
                kind=StatementKind.ACCOUNT_CLOSURE if closed else StatementKind.PERIODIC,
                starts_at=starts_at,
                ends_at=ends_at,
                reference=month,
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


def _start_of_month(at: datetime, zone: tzinfo) -> datetime:
    """The first instant of the month that it is in the zone, in UTC."""
    first = at.astimezone(zone).date().replace(day=1)
    return datetime.combine(first, time(), zone).astimezone(UTC)


def _month_from(starts_at: datetime, zone: tzinfo) -> tuple[str, datetime]:
    """The month of a period that begins then, as in "2026-07", and when the next one begins. A period that follows one of another zone
    begins some hours before its month or after its beginning."""
    month = (starts_at + _ZONES_APART_MAX).astimezone(zone).date().replace(day=1)
    return f"{month:%Y-%m}", datetime.combine(_following(month), time(), zone).astimezone(UTC)


def _following(month: date) -> date:
    return add_months(datetime.combine(month, time()), 1).date()
