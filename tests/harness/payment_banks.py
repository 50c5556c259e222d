"""The banks that the contract suite of payments stands on: each payments upstream, with the means to open accounts and to look into them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from dataclasses import replace as dataclass_replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from msgspec.structs import replace

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.orders import Reason
from kernel.brand import Brand
from kernel.clock import ManualClock, monotonic
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from orders.ports import PaymentsUpstream
from plugins.ledger import tables
from plugins.ledger.documents import Identity
from plugins.ledger.postings.poster import Poster
from plugins.rails.choice import Rails
from plugins.rails.faster_payments.rules import FASTER_PAYMENTS
from plugins.rails.international.rules import INTERNATIONAL
from plugins.rails.ports import RailPayment, RailReport
from plugins.rails.simulated.books import Books as SchemeBooks
from plugins.rails.simulated.rules import SchemeRules
from plugins.upstreams.built_in_payments import BuiltInPayments
from plugins.upstreams.circuit import Circuit
from plugins.upstreams.core_bank_payments import CoreBankPayments
from plugins.upstreams.own_accounts import OwnNumbers
from tests.harness.databases import POSTGRESQL, SQLITE
from tests.harness.paper_bank import TOKEN, PaperBank, served
from tests.harness.paper_payments import PENDING, REJECTED, PaperPayments
from tests.harness.upstream_books import BRAND, OTHER
from tests.harness.upstream_books import BuiltInBooks as LedgerBooks

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
GOOD_PAYEE = AccountIdentifier(Scheme.SORT_CODE, "04000412345678")
REJECTED_PAYEE = AccountIdentifier(Scheme.SORT_CODE, f"0400041234{REJECTED}")
PENDING_PAYEE = AccountIdentifier(Scheme.SORT_CODE, f"0400041234{PENDING}")
NAMED_PAYEE = AccountIdentifier(Scheme.SORT_CODE, "00997187654321")
HOLDER = "Ann Landlord"  # of NAMED_PAYEE


class PaymentsBank(Protocol):
    """A bank under the contract suite. GOOD_PAYEE is paid at once, REJECTED_PAYEE never, PENDING_PAYEE once `settle` is called."""

    upstream: PaymentsUpstream

    async def open_account(self, brand: Brand, account_id: str, minor: int) -> None: ...

    async def held(self, brand: Brand, account_id: str) -> int: ...

    async def booked(self, brand: Brand, account_id: str) -> int: ...

    async def settle(self) -> None:
        """Pending payments come to their end, as far as the bank is asked for them."""
        ...


@dataclass
class PaperPaymentsBank:
    paper: PaperPayments
    upstream: PaymentsUpstream

    async def open_account(self, brand: Brand, account_id: str, minor: int) -> None:
        self.paper.open_account(brand, account_id, minor)

    async def held(self, brand: Brand, account_id: str) -> int:
        return self.paper.held(brand, account_id)

    async def booked(self, brand: Brand, account_id: str) -> int:
        return self.paper.booked[brand.name, account_id]

    async def settle(self) -> None:
        self.paper.settle()


@asynccontextmanager
async def paper_bank(_database_url: str) -> AsyncIterator[PaymentsBank]:
    paper = PaperPayments(ManualClock(NOW), names={NAMED_PAYEE.identification: HOLDER})
    yield PaperPaymentsBank(paper, paper)


@asynccontextmanager
async def payments_over_http(
    payments: Any, brands: tuple[Brand, ...] = (BRAND, OTHER), **options: Any
) -> AsyncIterator[CoreBankPayments]:
    """Payments as their own client, over a real HTTP server."""
    async with (
        served(PaperBank(), brands, payments=payments) as url,
        CoreBankPayments.open(url, circuit=Circuit(monotonic), token=TOKEN, **options) as client,
    ):
        yield client


@asynccontextmanager
async def paper_bank_over_http(database_url: str) -> AsyncIterator[PaymentsBank]:
    async with paper_bank(database_url) as bank, payments_over_http(bank.upstream) as upstream:
        yield dataclass_replace(bank, upstream=upstream)


class RailOfBooks:
    """The simulated scheme's own books as a rail, without its process and by a clock of their own."""

    def __init__(self, books: SchemeBooks, rules: SchemeRules = FASTER_PAYMENTS) -> None:
        self.books, self.rules = books, rules
        self.name, self.pace = rules.name, rules.pace

    def refuses(self, amount: Money) -> Reason | None:
        return self.rules.refusal_of(amount)

    async def submit(self, payment: RailPayment) -> RailReport:
        await asyncio.sleep(0)  # others come between, as they do at any await
        return self.books.submit(payment)

    async def status(self, uetr: str) -> RailReport | None:
        await asyncio.sleep(0)
        return self.books.status(uetr)


@dataclass
class BuiltInPaymentsBank:
    ledger: LedgerBooks
    rail_clock: ManualClock
    upstream: PaymentsUpstream

    async def open_account(self, brand: Brand, account_id: str, minor: int, **facts: object) -> None:
        await self.ledger.open_account(brand, account_id, **facts)
        await self.ledger.book(brand, account_id, f"funds of {account_id}", minor, NOW)

    async def held(self, brand: Brand, account_id: str) -> int:
        return await self._standing(brand, account_id, tables.accounts.c.held)

    async def booked(self, brand: Brand, account_id: str) -> int:
        return await self._standing(brand, account_id, tables.accounts.c.booked)

    async def settle(self) -> None:
        self.rail_clock.advance(timedelta(seconds=3))

    async def _standing(self, brand: Brand, account_id: str, column: Any) -> int:
        where = (tables.accounts.c.brand == brand.name, tables.accounts.c.id == account_id)
        async with self.ledger.database.read() as connection:
            return (await connection.execute(sa.select(column).where(*where))).scalar_one()


@asynccontextmanager
async def bank_with_rail(database_url: str, rails: Rails, rail_clock: ManualClock) -> AsyncIterator[BuiltInPaymentsBank]:
    """The built-in bank, with its ledger in a database."""
    clock, sealer = ManualClock(NOW), Sealer({1: b"k" * 32})
    async with Database.open(database_url) as database, Poster.lifetime(database, sealer, clock) as poster:
        payments = BuiltInPayments(database, sealer, clock, poster, rails, own_numbers=OwnNumbers(frozenset({"009971"})))
        ledger = LedgerBooks(database, sealer, clock, payments)
        await ledger.open_account(BRAND, "named", identity=Identity((replace(NAMED_PAYEE, name=HOLDER),)))
        yield BuiltInPaymentsBank(ledger, rail_clock, payments)


@asynccontextmanager
async def built_in_bank(database_url: str) -> AsyncIterator[BuiltInPaymentsBank]:
    """With the books of the scheme in memory."""
    rail_clock = ManualClock(NOW)
    scheme, foreign = (SchemeBooks(rules, Path(":memory:"), rail_clock.wall) for rules in (FASTER_PAYMENTS, INTERNATIONAL))
    rails = Rails.of(RailOfBooks(scheme), RailOfBooks(foreign, INTERNATIONAL))
    try:
        async with bank_with_rail(database_url, rails, rail_clock) as bank:
            yield bank
    finally:
        scheme.close()
        foreign.close()


@asynccontextmanager
async def built_in_bank_over_http(database_url: str) -> AsyncIterator[PaymentsBank]:
    async with built_in_bank(database_url) as bank, payments_over_http(bank.upstream) as upstream:
        yield dataclass_replace(bank, upstream=upstream)


PAYMENT_BANKS = {  # and the kind of database that each needs
    "paper": (paper_bank, None),
    "core_bank": (paper_bank_over_http, None),
    "built_in_sqlite": (built_in_bank, SQLITE),
    "built_in_postgresql": (built_in_bank, POSTGRESQL),
    "built_in_over_http": (built_in_bank_over_http, SQLITE),
}
