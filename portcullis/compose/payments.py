"""Open the bank's payments: the built-in bank's ledger and a rail, or a bank's own core over HTTP."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from kernel.banking.money import Money
from kernel.brand import Brand
from kernel.clock import Clock, monotonic
from kernel.errors import UpstreamFailed
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from openapi import DIALECTS
from openapi.possible_refusals import PAYING_KINDS
from plugins.ledger.accounts.numbers import add_missing_numbers
from plugins.ledger.postings.poster import Poster
from plugins.payee_checks.simulated_banks import SimulatedBanks
from plugins.rails.faster_payments.process import run_scheme
from plugins.rails.ports import Rail
from plugins.upstreams.built_in_payments import BuiltInPayments
from plugins.upstreams.circuit import Circuit
from plugins.upstreams.core_bank_payments import CoreBankPayments
from portcullis.compose.bank import core_bank_tls
from portcullis.settings.schema import Settings

PAYING = frozenset(row.operation for dialect in DIALECTS for row in dialect.rows if row.consent_kind in PAYING_KINDS)


class NoFunds:
    """The gateway's Funds port of a bank that carries out no payments: no operation asks it."""

    async def funds(self, brand: Brand, account_id: str, amount: Money) -> bool:
        raise UpstreamFailed("no payments are carried out here")


@dataclass(frozen=True, slots=True)
class Books:
    """The database that the ledger is in, and what reads and writes it."""

    database: Database
    sealer: Sealer
    clock: Clock


@asynccontextmanager
async def open_built_in_payments(books: Books, brands: tuple[Brand, ...], rail: Rail) -> AsyncIterator[BuiltInPayments]:
    """Accounts that were opened before numbers were kept are found by them from now on."""
    for brand in brands:
        await _complete_numbers(books, brand)
    async with Poster.lifetime(books.database, books.sealer, books.clock) as poster:
        yield BuiltInPayments(books.database, books.sealer, books.clock, poster, rail, SimulatedBanks())


async def open_sandbox_payments(stack: AsyncExitStack, state: Path, books: Books, brands: tuple[Brand, ...]) -> BuiltInPayments:
    """The built-in bank's, with a simulated scheme whose books lie in the state directory, until `stack` closes."""
    scheme = await stack.enter_async_context(run_scheme(state))
    return await stack.enter_async_context(open_built_in_payments(books, brands, scheme.rail))


@asynccontextmanager
async def open_core_bank_payments(settings: Settings, telemetry: Telemetry) -> AsyncIterator[CoreBankPayments]:
    """Those of a bank's own core. Raises ConfigurationRefused for certificates that cannot be used."""
    async with CoreBankPayments.open(
        settings.core_bank_url,
        circuit=Circuit(monotonic),
        token=settings.core_bank_token,
        tls=await core_bank_tls(settings),
        count_defect=partial(telemetry.upstream_defect, CoreBankPayments.name),
    ) as payments:
        yield payments


def without_payments(brands: tuple[Brand, ...]) -> tuple[Brand, ...]:
    """The brands of a server whose bank carries out no payments: their operations are not there."""
    return tuple(replace(brand, operations_off=brand.operations_off | PAYING) for brand in brands)


async def _complete_numbers(books: Books, brand: Brand) -> None:
    written = 1
    while written:
        written = await books.database.write(lambda connection: add_missing_numbers(connection, books.sealer, brand.name))
