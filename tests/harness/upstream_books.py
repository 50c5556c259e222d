"""The means to put things into an upstream: what the contract suites of accounts upstreams stand on."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from gateway.ports import AccountsUpstream
from kernel.banking.accounts import AccountCategory, AccountIdentifier, AccountStatus, AccountType, Scheme
from kernel.banking.money import Money
from kernel.banking.records.offers import Offer
from kernel.banking.records.parties import AccountParty
from kernel.banking.records.products import Product
from kernel.brand import Brand
from kernel.clock import ManualClock
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.ledger.accounts.openings import AccountOpening, Holder, Right, StatusChange
from plugins.ledger.accounts.parties import add_account_parties, add_party
from plugins.ledger.documents import Identity, Narrative
from plugins.ledger.ledger import Ledger
from plugins.ledger.postings.entries import LedgerEntry, Leg, Line, PendingPayment
from plugins.ledger.records.catalogue import add_offers, add_product
from plugins.ledger.records.records import RECORD_KINDS, AnyRecord, Records
from plugins.ledger.statements.statements import StatementRun
from plugins.upstreams.built_in import BuiltInBank
from plugins.upstreams.core_bank import CoreBank
from sandbox.printer.printer import Printer
from tests.harness.paper_bank import over_http

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
BRAND = Brand(
    "main", "Main", "https://main.test", "https://mtls.main.test", ZoneInfo("Europe/London"), (), "https://mtls.main.test"
)
OTHER = replace(BRAND, name="other")
NUMBER = "00997112345678"
WORLD = "internal:world:GBP"
Booked = tuple[str, int, datetime]  # id, minor units, when


class Books(Protocol):
    """The way of a suite to put things into one upstream."""

    upstream: AccountsUpstream
    clock: ManualClock

    async def open_account(self, brand: Brand, account_id: str, credit_line: int | None = None, **facts: object) -> None: ...

    async def book(
        self, brand: Brand, account_id: str, transaction_id: str, minor: int, at: datetime, settles: bool = False
    ) -> None: ...

    async def book_many(self, brand: Brand, account_id: str, rows: Sequence[Booked], code: str | None = None) -> None: ...

    async def announce(self, brand: Brand, account_id: str, transaction_id: str, minor: int, at: datetime) -> None: ...

    async def release(self, brand: Brand, account_id: str, transaction_id: str) -> None: ...

    async def record(self, brand: Brand, record: AnyRecord) -> AnyRecord:
        """The record as the bank keeps it: the bank says when it was recorded."""
        ...

    async def change(self, brand: Brand, record: AnyRecord) -> None: ...

    async def remove(self, brand: Brand, record: AnyRecord) -> None: ...

    async def sell(self, brand: Brand, *products: Product) -> None: ...

    async def offer(self, brand: Brand, *offers: Offer) -> None: ...

    async def introduce(self, brand: Brand, *parties: AccountParty, customer_id: str | None = None) -> None:
        """The parties of one account, the principal first. `customer_id` is the first one's."""
        ...

    async def issue_statements(self, brand: Brand) -> int: ...

    async def close(self, brand: Brand, account_id: str, at: datetime) -> None: ...


@dataclass
class BuiltInBooks:
    database: Database
    sealer: Sealer
    clock: ManualClock
    upstream: BuiltInBank | CoreBank

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.sealer, self.clock)

    async def open_account(self, brand: Brand, account_id: str, credit_line: int | None = None, **facts: object) -> None:
        given = {
            "id": account_id,
            "currency": "GBP",
            "type": AccountType.CURRENT,
            "category": AccountCategory.PERSONAL,
            "product": "Current account",
            "opened_at": NOW,
            "identity": Identity((AccountIdentifier(Scheme.SORT_CODE, NUMBER, "Ann Other"),), "Bills"),
            "holders": (Holder("customer", Right.APPROVE),),
            "credit_line": None if credit_line is None else Money("GBP", credit_line),
        }
        opening = AccountOpening(**(given | facts))

        async def work(connection):
            await self.ledger.open_internal(connection, brand.name, "world", opening.currency)
            await self.ledger.open_account(connection, brand.name, opening)

        await self.database.write(work)

    async def book(
        self, brand: Brand, account_id: str, transaction_id: str, minor: int, at: datetime, settles: bool = False
    ) -> None:
        line = Line(id=transaction_id, booked_at=at, narrative=Narrative(f"Paid {transaction_id}", "REF"), settles=settles)
        legs = (Leg(account_id, Money("GBP", minor), line), Leg(WORLD, Money("GBP", -minor)))
        entry = LedgerEntry(f"entry-of-{transaction_id}", legs, forced=True)
        await self.database.write(lambda connection: self.ledger.post(connection, brand.name, [entry]))

    async def book_many(self, brand: Brand, account_id: str, rows: Sequence[Booked], code: str | None = None) -> None:
        legs = [
            Leg(account_id, Money("GBP", minor), Line(id=each, booked_at=at, narrative=Narrative(f"Paid {each}"), code=code))
            for each, minor, at in rows
        ]
        legs.append(Leg(WORLD, Money("GBP", -sum(minor for _, minor, _ in rows))))
        entry = LedgerEntry(f"entry-of-{rows[0][0]}", tuple(legs), forced=True)
        await self.database.write(lambda connection: self.ledger.post(connection, brand.name, [entry]))

    async def announce(self, brand: Brand, account_id: str, transaction_id: str, minor: int, at: datetime) -> None:
        pending = PendingPayment(
            id=transaction_id,
            account_id=account_id,
            amount=Money("GBP", minor),
            booked_at=at,
            narrative=Narrative("Card payment"),
        )
        await self.database.write(lambda connection: self.ledger.announce(connection, brand.name, pending))

    async def release(self, brand: Brand, account_id: str, transaction_id: str) -> None:
        await self.database.write(lambda connection: self.ledger.release(connection, brand.name, account_id, transaction_id))

    async def record(self, brand: Brand, record: AnyRecord) -> AnyRecord:
        kind = _kind_of(record)
        return await self.database.write(lambda connection: kind.record(connection, self.sealer, self.clock, brand.name, record))

    async def change(self, brand: Brand, record: AnyRecord) -> None:
        kind = _kind_of(record)
        await self.database.write(lambda connection: kind.change(connection, self.sealer, self.clock, brand.name, record))

    async def remove(self, brand: Brand, record: AnyRecord) -> None:
        kind = _kind_of(record)
        await self.database.write(lambda connection: kind.remove(connection, self.clock, brand.name, record))

    async def sell(self, brand: Brand, *products: Product) -> None:
        async def work(connection):
            for product in products:
                await add_product(connection, brand.name, product)

        await self.database.write(work)

    async def offer(self, brand: Brand, *offers: Offer) -> None:
        await self.database.write(lambda connection: add_offers(connection, self.sealer, brand.name, offers))

    async def introduce(self, brand: Brand, *parties: AccountParty, customer_id: str | None = None) -> None:
        async def work(connection):
            for number, each in enumerate(parties):
                customer = customer_id if number == 0 else None
                await add_party(connection, self.sealer, brand.name, each.party, customer_id=customer)
            await add_account_parties(connection, brand.name, parties)

        await self.database.write(work)

    async def issue_statements(self, brand: Brand) -> int:
        return await StatementRun(self.database, self.sealer, self.clock, brand).issue()

    async def close(self, brand: Brand, account_id: str, at: datetime) -> None:
        change = StatusChange(status=AccountStatus.DELETED, at=at, eligible=False)
        await self.database.write(lambda connection: self.ledger.change_status(connection, brand.name, account_id, change))


def _kind_of(record: AnyRecord) -> Records:
    return next(kind for kind in RECORD_KINDS if isinstance(record, kind.kind))


@asynccontextmanager
async def built_in_books(database_url: str) -> AsyncIterator[BuiltInBooks]:
    async with Database.open(database_url) as database:
        clock, sealer = ManualClock(NOW), Sealer({1: b"k" * 32})
        printer = Printer()
        try:
            yield BuiltInBooks(database, sealer, clock, BuiltInBank(database, sealer, clock, printer))
        finally:
            await printer.close()


@asynccontextmanager
async def core_bank_books(database_url: str) -> AsyncIterator[BuiltInBooks]:
    """The built-in bank once more, behind a real HTTP server."""
    async with built_in_books(database_url) as books, over_http(books.upstream, (BRAND, OTHER)) as upstream:
        yield replace(books, upstream=upstream)


BOOKS = {BuiltInBank.name: built_in_books, CoreBank.name: core_bank_books}
