"""The built-in core bank as an accounts upstream: reads the ledger. Implements gateway/ports.py AccountsUpstream and
consent/ports.py CustomerAccounts.

Every method raises UpstreamFailed or UpstreamTimedOut, and runs on one connection: what it answers was true at one moment.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.ports import RECORDS_PER_ACCOUNT_MAX, Page, StatementFilter, TransactionFilter
from kernel.banking.accounts import Account, Balance, TransactionPage
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.records.direct_debits import DirectDebit
from kernel.banking.records.listing import RecordPage
from kernel.banking.records.offers import Offer
from kernel.banking.records.parties import AccountParty, Party
from kernel.banking.records.products import Product
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from kernel.banking.records.statements import PDF, Statement, StatementFile, StatementPage
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.accounts.customer_accounts import load_accounts, load_accounts_of, load_balances
from plugins.ledger.accounts.parties import load_account_parties, load_party_of
from plugins.ledger.postings.transactions import load_transactions
from plugins.ledger.records.catalogue import load_offers, load_products
from plugins.ledger.records.records import (
    BENEFICIARIES,
    DIRECT_DEBITS,
    SCHEDULED_PAYMENTS,
    STANDING_ORDERS,
    STATEMENTS,
    Record,
    Records,
)
from plugins.ledger.records.schedule import advance_direct_debit, advance_standing_order
from plugins.ledger.statements.printed import Printed
from plugins.ledger.statements.printed_entries import count_booked, load_printed_entries

READ_TIMEOUT_SECONDS = 5.0  # for one question to the ledger
PRINTED_ENTRIES_MAX = 50_000  # of one statement: more is no longer something to print


class StatementPrinter(Protocol):
    async def print(self, load: Callable[[], Awaitable[Printed | None]]) -> bytes | None:
        """The PDF of the statement that `load` returns; None if there is none, or no file of it. Raises UpstreamTimedOut."""
        ...


class NoPrinter:
    """Statements have no files: their layout is the bank's own, and a bank prints them by other means."""

    async def print(self, load: Callable[[], Awaitable[Printed | None]]) -> bytes | None:
        return None


@dataclass(frozen=True, slots=True)
class BuiltInBank:
    """Reads only; the ledger's own modules write. Its printer is closed by who opened it. `seconds_max`: for one question, None for one that
    no caller waits for."""

    database: Database
    sealer: Sealer
    clock: Clock
    printer: StatementPrinter = field(default_factory=NoPrinter)
    seconds_max: float | None = READ_TIMEOUT_SECONDS
    name = "built_in"

    async def accounts(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Account, ...]:
        """In the order asked for."""
        async with self._connection() as connection:
            return await load_accounts(connection, self.sealer, brand.name, account_ids)

    async def accounts_of(self, brand: Brand, customer_id: str) -> tuple[Account, ...]:
        """The customer's accounts that may be shared, in the customer's own order."""
        async with self._connection() as connection:
            return await load_accounts_of(connection, self.sealer, brand.name, customer_id)

    async def balances(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Balance, ...]:
        """Of each account: what is booked, and what is available: booked, less holds, plus the credit line."""
        async with self._connection() as connection:
            return await load_balances(connection, brand.name, account_ids, self.clock.now())

    async def transactions(self, brand: Brand, account_ids: tuple[str, ...], where: TransactionFilter) -> TransactionPage:
        async with self._connection() as connection:
            return await load_transactions(connection, self.sealer, brand.name, account_ids, where)

    async def beneficiaries(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[Beneficiary]:
        return await self._page(BENEFICIARIES, brand, account_ids, where)

    async def direct_debits(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[DirectDebit]:
        page = await self._page(DIRECT_DEBITS, brand, account_ids, where)
        now = self.clock.now()
        return RecordPage(tuple(advance_direct_debit(mandate, now) for mandate in page.rows), page.more, page.total)

    async def standing_orders(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[StandingOrder]:
        page = await self._page(STANDING_ORDERS, brand, account_ids, where)
        now = self.clock.now()
        return RecordPage(tuple(advance_standing_order(order, now) for order in page.rows), page.more, page.total)

    async def scheduled_payments(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[ScheduledPayment]:
        due_later = tables.scheduled_payments.c.due_at > self.clock.now()
        return await self._page(SCHEDULED_PAYMENTS, brand, account_ids, where, due_later)

    async def products(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Product, ...]:
        async with self._connection() as connection:
            return tuple(await load_products(connection, brand.name, account_ids))

    async def offers(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Offer, ...]:
        now, most = self.clock.now(), RECORDS_PER_ACCOUNT_MAX
        async with self._connection() as connection:
            return tuple(await load_offers(connection, self.sealer, brand.name, account_ids, now=now, most=most))

    async def parties(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[AccountParty, ...]:
        async with self._connection() as connection:
            found = await load_account_parties(connection, self.sealer, brand.name, account_ids)
        return tuple(_at_most(found, RECORDS_PER_ACCOUNT_MAX))

    async def party_of(self, brand: Brand, customer_id: str) -> Party | None:
        async with self._connection() as connection:
            return await load_party_of(connection, self.sealer, brand.name, customer_id)

    async def statements(self, brand: Brand, account_ids: tuple[str, ...], where: StatementFilter) -> StatementPage:
        rows = tables.statements.c
        ends = sa.select(_instant(sa.func.min(rows.starts_at)), _instant(sa.func.max(rows.ends_at))).where(
            rows.brand == brand.name, rows.account_id.in_(account_ids)
        )
        bounds = [] if where.starts_from is None else [rows.starts_at >= where.starts_from]
        bounds += [] if where.ends_to is None else [rows.ends_at <= where.ends_to]
        async with self._connection() as connection:
            page = await STATEMENTS.load_page(connection, self.sealer, brand.name, account_ids, *bounds, where=where)
            first, last = (await connection.execute(ends)).one()
        return StatementPage(page.rows, page.more, first, last, page.total)

    async def statement(self, brand: Brand, account_id: str, statement_id: str) -> Statement | None:
        async with self._connection() as connection:
            return await STATEMENTS.load_one(connection, self.sealer, brand.name, account_id, statement_id)

    async def statement_file(self, brand: Brand, account_id: str, statement_id: str, media_type: str) -> StatementFile | None:
        """A PDF, made from what the statement says and what was booked in its period. None for one too long to print, or without a
        printer."""
        if media_type != PDF:
            return None
        content = await self.printer.print(lambda: self._load_printed(brand, account_id, statement_id))
        return None if content is None else StatementFile(PDF, content)

    async def _load_printed(self, brand: Brand, account_id: str, statement_id: str) -> Printed | None:
        async with self._connection(self.database.snapshot) as connection:
            statement = await STATEMENTS.load_one(connection, self.sealer, brand.name, account_id, statement_id)
            accounts = await load_accounts(connection, self.sealer, brand.name, (account_id,))
            if statement is None or not accounts:
                return None
            if await count_booked(connection, brand.name, statement, PRINTED_ENTRIES_MAX + 1) > PRINTED_ENTRIES_MAX:
                return None
            parties = await load_account_parties(connection, self.sealer, brand.name, (account_id,))
            return Printed(
                bank=brand.display_name,
                zone=brand.zone.key,
                account=accounts[0],
                holder=parties[0].party if parties else None,
                statement=statement,
                entries=await load_printed_entries(connection, self.sealer, brand.name, statement),
            )

    async def _page(
        self,
        records: Records[Record],
        brand: Brand,
        account_ids: tuple[str, ...],
        where: Page,
        *bounds: sa.ColumnElement[bool],
    ) -> RecordPage[Record]:
        async with self._connection() as connection:
            return await records.load_page(connection, self.sealer, brand.name, account_ids, *bounds, where=where)

    @asynccontextmanager
    async def _connection(
        self, connect: Callable[[], AbstractAsyncContextManager[AsyncConnection]] | None = None
    ) -> AsyncIterator[AsyncConnection]:
        try:
            async with asyncio.timeout(self.seconds_max), (connect or self.database.read)() as connection:
                yield connection
        except TimeoutError as error:
            raise UpstreamTimedOut("the ledger's database did not answer in time") from error
        except SQLAlchemyError as error:
            raise UpstreamFailed(f"the ledger's database: {type(error).__name__}") from error


def _instant(bound: sa.ColumnElement[datetime]) -> sa.ColumnElement[datetime]:
    """An aggregate of instants is one."""
    return sa.type_coerce(bound, tables.statements.c.ends_at.type)


def _at_most(parties: Iterable[AccountParty], most: int) -> Iterable[AccountParty]:
    """The first of each account."""
    counts: dict[str, int] = {}
    for each in parties:
        counts[each.account_id] = counts.get(each.account_id, 0) + 1
        if counts[each.account_id] <= most:
            yield each
