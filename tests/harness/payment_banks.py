"""The banks that the contract suite of payments stands on: each payments upstream, with the means to open accounts and to look into them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.brand import Brand
from kernel.clock import ManualClock, monotonic
from orders.ports import PaymentsUpstream
from plugins.upstreams.circuit import Circuit
from plugins.upstreams.core_bank_payments import CoreBankPayments
from tests.harness.paper_bank import TOKEN, PaperBank, served
from tests.harness.paper_payments import PENDING, REJECTED, PaperPayments
from tests.harness.upstream_books import BRAND, OTHER

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
        yield replace(bank, upstream=upstream)


PAYMENT_BANKS = {  # and the kind of database that each needs
    "paper": (paper_bank, None),
    "core_bank": (paper_bank_over_http, None),
}
