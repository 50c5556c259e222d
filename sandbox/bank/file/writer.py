"""Write a bank as a file: all that it holds, in one order, so that the same bank gives the same bytes.

What passed without a trace is left out: pending payments that were released or booked. Entries are read as a stream: memory stays
flat however many there are. All of it is of one moment, so that a payment that is booked meanwhile is either pending or booked in it.
"""

from collections import defaultdict
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel import json
from kernel.banking.accounts import AccountCategory, AccountStatus, AccountType, TransactionStatus
from kernel.banking.money import Money
from kernel.banking.records.offers import Offer
from kernel.banking.records.parties import AccountRole, Holding, Party
from kernel.banking.records.products import Product
from kernel.brand import Brand
from kernel.config import ConfigurationRefused
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.ledger import tables as ledger
from plugins.ledger.accounts.openings import AccountOpening, Holder, Right, StatusChange
from plugins.ledger.documents import open_document, open_identity, open_narrative, read_document
from plugins.ledger.postings.entries import AppliedRate, LedgerEntry, Leg, PendingPayment
from plugins.ledger.postings.entries import Line as LedgerLine
from plugins.ledger.records.records import RECORD_KINDS
from sandbox.bank import tables
from sandbox.bank.file.lines import (
    FORMAT,
    AccountLine,
    BankLine,
    CustomerLine,
    EntryLine,
    Line,
    OfferLine,
    PartyLine,
    PartyOfAccount,
    PendingLine,
    ProductLine,
    line_of,
)
from sandbox.bank.personas import load_logins

ROWS_PER_FETCH = 2000


async def export_bank(database: Database, sealer: Sealer, brand: Brand) -> AsyncIterator[bytes]:
    """The file's lines, each with its line end. Raises ConfigurationRefused where there is no bank."""
    logins = await load_logins(database, sealer, brand.name)
    async with database.snapshot() as connection:
        export = Export(connection, sealer, brand.name)
        yield _written(await export.load_bank())
        for login in logins:
            yield _written(CustomerLine(login))
        for lines in (export.products, export.parties, export.accounts, export.records, export.entries, export.pending):
            async for line in lines():
                yield _written(line)


def _written(line: Line) -> bytes:
    return json.encode(line) + b"\n"


class Export:
    """Reads one brand's bank, part by part, on one connection."""

    def __init__(self, connection: AsyncConnection, sealer: Sealer, brand: str) -> None:
        self._connection = connection
        self._sealer = sealer
        self._brand = brand

    async def load_bank(self) -> BankLine:
        row = (await self._rows(tables.anchors)).one_or_none()
        if row is None:
            raise ConfigurationRefused("there is no bank to export: start the sandbox once")
        return BankLine(FORMAT, row.seed, row.anchor)

    async def products(self) -> AsyncIterator[Line]:
        for row in await self._rows(ledger.products, "id"):
            yield ProductLine(read_document(row.document, Product))

    async def parties(self) -> AsyncIterator[Line]:
        for row in await self._rows(ledger.parties, "id"):
            party = open_document(self._sealer, row.document, Party, "ledger_parties", "document", self._brand, row.id)
            yield PartyLine(party, row.customer_id)

    async def accounts(self) -> AsyncIterator[Line]:
        holders: dict[str, list[Holder]] = defaultdict(list)
        for row in await self._rows(ledger.holders, "account_id", "customer_id"):
            holders[row.account_id].append(Holder(row.customer_id, Right(row.right), row.position))
        links: dict[str, list[PartyOfAccount]] = defaultdict(list)
        for row in await self._rows(ledger.account_parties, "account_id", "position", "party_id"):
            links[row.account_id].append(PartyOfAccount(row.party_id, Holding(row.holding), AccountRole(row.role)))
        for row in await self._rows(ledger.accounts, "id"):
            if not row.internal:
                yield AccountLine(self._opening(row, holders[row.id]), tuple(links[row.id]), _change(row))

    async def records(self) -> AsyncIterator[Line]:
        for kind in RECORD_KINDS:
            for row in await self._rows(kind.table, "created_at", "account_id", "id"):
                yield line_of(kind.read(self._sealer, self._brand, row.id, row.document))
        for row in await self._rows(ledger.offers, "account_id", "id"):
            yield OfferLine(open_document(self._sealer, row.document, Offer, "ledger_offers", "document", self._brand, row.id))

    async def entries(self) -> AsyncIterator[Line]:
        """In the order in which they were booked."""
        entry: Any = None
        legs: list[Leg] = []
        async for row in await self._stream(_select_postings(self._brand)):
            if entry is not None and row.entry_id != entry.entry_id:
                yield EntryLine(_entry(entry, legs))
                legs = []
            entry = row
            legs.append(self._leg(row))
        if entry is not None:
            yield EntryLine(_entry(entry, legs))

    async def pending(self) -> AsyncIterator[Line]:
        rows = ledger.transactions.c
        statement = (
            sa.select(ledger.transactions)
            .where(rows.brand == self._brand, rows.status == TransactionStatus.PENDING, rows.ended_by.is_(None))
            .order_by(rows.sequence)
        )
        async for row in await self._stream(statement):
            yield PendingLine(
                PendingPayment(
                    id=row.id,
                    account_id=row.account_id,
                    amount=Money(row.currency, row.amount_minor),
                    booked_at=row.booked_at,
                    narrative=open_narrative(self._sealer, row.narrative, self._brand, row.id),
                    code=row.code,
                )
            )

    def _opening(self, row: Any, holders: list[Holder]) -> AccountOpening:
        return AccountOpening(
            id=row.id,
            currency=row.currency,
            type=AccountType(row.type),
            category=AccountCategory(row.category),
            product=row.product,
            opened_at=row.opened_at,
            identity=open_identity(self._sealer, row.identity, self._brand, row.id),
            holders=tuple(holders),
            eligible=row.eligible,
            credit_line=None if row.credit_line_minor is None else Money(row.currency, row.credit_line_minor),
            servicer_bic=row.servicer_bic,
            product_id=row.product_id,
            switched=row.switched,
            signatures=row.signatures,
        )

    def _leg(self, row: Any) -> Leg:
        amount = Money(row.currency, row.amount_minor)
        if row.line_id is None:
            return Leg(row.account_id, amount)
        narrative = open_narrative(self._sealer, row.narrative, self._brand, row.line_id)
        line = LedgerLine(id=row.line_id, booked_at=row.booked_at, narrative=narrative, value_at=row.value_at, code=row.code)
        return Leg(row.account_id, amount, line)

    async def _rows(self, table: sa.Table, *order: str) -> sa.CursorResult[Any]:
        statement = sa.select(table).where(table.c.brand == self._brand).order_by(*(table.c[name] for name in order))
        return await self._connection.execute(statement)

    async def _stream(self, statement: sa.Select[Any]) -> Any:
        return await self._connection.stream(statement, execution_options={"yield_per": ROWS_PER_FETCH})


def _entry(row: Any, legs: list[Leg]) -> LedgerEntry:
    rate = None if row.rate is None else AppliedRate(rate=Decimal(row.rate), source=row.rate_source, quote_id=row.quote_id)
    return LedgerEntry(
        row.entry_id,
        tuple(legs),
        row.kind,
        cause=None if row.cause == row.entry_id else row.cause,
        value_date=row.value_date,
        applied_rate=rate,
        reverses=row.reverses,
    )


def _change(row: Any) -> StatusChange | None:
    """The change of status of an account; None while it is as it was opened."""
    if row.status == AccountStatus.ENABLED:
        return None
    return StatusChange(status=AccountStatus(row.status), at=row.status_changed_at, eligible=row.eligible, switched=row.switched)


def _select_postings(brand: str) -> sa.Select[Any]:
    """Every leg with its holder's line, if it has one: the two share their sequence number."""
    postings, lines, entries, accounts = ledger.postings, ledger.transactions, ledger.entries, ledger.accounts
    return (
        sa.select(
            postings.c.entry_id,
            postings.c.account_id,
            postings.c.amount_minor,
            entries.c.kind,
            entries.c.cause,
            entries.c.value_date,
            entries.c.rate,
            entries.c.rate_source,
            entries.c.quote_id,
            entries.c.reverses,
            accounts.c.currency,
            lines.c.id.label("line_id"),
            lines.c.booked_at,
            lines.c.value_at,
            lines.c.code,
            lines.c.narrative,
        )
        .join(entries, sa.and_(entries.c.brand == postings.c.brand, entries.c.id == postings.c.entry_id))
        .join(accounts, sa.and_(accounts.c.brand == postings.c.brand, accounts.c.id == postings.c.account_id))
        .outerjoin(lines, sa.and_(lines.c.brand == postings.c.brand, lines.c.sequence == postings.c.sequence))
        .where(postings.c.brand == brand)
        .order_by(postings.c.sequence)
    )
