"""Open the bank's payments, and the source of its cut-offs: the built-in bank's ledger and a rail, or a bank's own core over HTTP."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from gateway.ports import CutOffs
from kernel.banking.abroad.exchange import Quote, QuoteRequest, Unquoted
from kernel.banking.money import Money
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.config import ConfigurationRefused
from kernel.errors import UpstreamFailed
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from openapi import DIALECTS
from openapi.possible_refusals import NAMING_KINDS
from plugins.cut_offs.configured import ConfiguredCutOffs
from plugins.cut_offs.core_bank import CoreBankCutOffs
from plugins.ledger.accounts.numbers import add_missing_numbers
from plugins.ledger.postings.poster import Poster
from plugins.payee_checks.simulated_banks import SimulatedBanks
from plugins.payee_checks.simulated_responders import SimulatedResponders
from plugins.payee_checks.verification import ByCountry, VerificationOfPayee
from plugins.rails.choice import Rails
from plugins.rails.faster_payments.rules import FASTER_PAYMENTS
from plugins.rails.files.rail import FileRail, Sender
from plugins.rails.files.rules import BatchRule, soon
from plugins.rails.files.simulated_bureau import SimulatedBureau
from plugins.rails.schemes import SCHEMES
from plugins.rails.sepa.reach import EURO_AREA
from plugins.rails.simulated.process import run_schemes
from plugins.upstreams.built_in_payments import BuiltInPayments
from plugins.upstreams.core_bank import CoreBank
from plugins.upstreams.core_bank_days import CoreBankDays
from plugins.upstreams.core_bank_payments import CoreBankPayments
from plugins.upstreams.own_accounts import OwnNumbers
from portcullis.compose.bank import core_bank_tls, open_circuit
from portcullis.settings.schema import Settings

PAYING = frozenset(row.operation for dialect in DIALECTS for row in dialect.rows if row.consent_kind in NAMING_KINDS)
FILES = "files"  # of the state directory: the folder of the file rail
SENDER = Sender("Portcullis Bank", "PTCLGB2LXXX")  # as the messages of the file rail name the bank
SIMULATED_BANKS = ByCountry(VerificationOfPayee(SimulatedResponders()), EURO_AREA, SimulatedBanks())


class NoFunds:
    """The gateway's Funds and Rates ports of a bank that carries out no payments: no operation asks it."""

    async def funds(self, brand: Brand, account_id: str, amount: Money) -> bool:
        raise UpstreamFailed("no payments are carried out here")

    async def quote(self, brand: Brand, asked: QuoteRequest) -> Quote | Unquoted:
        raise UpstreamFailed("no payments are carried out here")


@dataclass(frozen=True, slots=True)
class Books:
    """The database that the ledger is in, and what reads and writes it."""

    database: Database
    sealer: Sealer
    clock: Clock


@asynccontextmanager
async def open_built_in_payments(
    books: Books, brands: tuple[Brand, ...], rails: Rails, own_numbers: OwnNumbers
) -> AsyncIterator[BuiltInPayments]:
    """Accounts that were opened before numbers were kept are found by them from now on."""
    for brand in brands:
        await _complete_numbers(books, brand)
    zones = {brand.name: brand.zone for brand in brands}
    async with Poster.lifetime(books.database, books.sealer, books.clock, zones) as poster:
        yield BuiltInPayments(books.database, books.sealer, books.clock, poster, rails, SIMULATED_BANKS, own_numbers)


async def open_sandbox_payments(
    stack: AsyncExitStack, state: Path, books: Books, brands: tuple[Brand, ...], own_numbers: OwnNumbers
) -> BuiltInPayments:
    """The built-in bank's, with simulated schemes whose books lie in the state directory, until `stack` closes."""
    groups = ((FASTER_PAYMENTS,), tuple(rules for rules in SCHEMES if rules is not FASTER_PAYMENTS))
    processes = [await stack.enter_async_context(run_schemes(state, *schemes)) for schemes in groups]
    files = await stack.enter_async_context(FileRail.opened(state / FILES, BatchRule(soon), SENDER, books.clock))
    await stack.enter_async_context(SimulatedBureau.opened(state / FILES, books.clock))
    rails = Rails.of(*(rail for process in processes for rail in process.rails), files)
    return await stack.enter_async_context(open_built_in_payments(books, brands, rails, own_numbers))


@asynccontextmanager
async def open_core_bank_payments(settings: Settings, telemetry: Telemetry) -> AsyncIterator[CoreBankPayments]:
    """Those of a bank's own core. Raises ConfigurationRefused for certificates that cannot be used."""
    async with CoreBankPayments.open(
        settings.core_bank_url,
        circuit=open_circuit(telemetry, "payments"),
        token=settings.core_bank_token,
        tls=await core_bank_tls(settings),
        count_defect=partial(telemetry.upstream_defect, CoreBankPayments.name),
    ) as payments:
        yield payments


@asynccontextmanager
async def open_cut_offs(settings: Settings, telemetry: Telemetry) -> AsyncIterator[CutOffs]:
    """Raises ConfigurationRefused where a brand asks a core bank and there is none."""
    asked = frozenset(brand.name for brand in settings.brands if brand.cut_off and brand.cut_off.source == CoreBank.name)
    if not asked:
        yield ConfiguredCutOffs()
        return
    if settings.upstream != CoreBank.name:
        raise ConfigurationRefused(f'brands.cut_off.source: {CoreBank.name} needs upstream = "{CoreBank.name}"')
    async with CoreBankDays.open(
        settings.core_bank_url,
        circuit=open_circuit(telemetry, "days"),
        token=settings.core_bank_token,
        tls=await core_bank_tls(settings),
    ) as bank:
        yield CoreBankCutOffs(bank, asked, partial(telemetry.upstream_defect, CoreBank.name))


def without_payments(brands: tuple[Brand, ...]) -> tuple[Brand, ...]:
    """The brands of a server whose bank carries out no payments: their operations are not there."""
    return tuple(replace(brand, operations_off=brand.operations_off | PAYING) for brand in brands)


async def _complete_numbers(books: Books, brand: Brand) -> None:
    written = 1
    while written:
        written = await books.database.write(lambda connection: add_missing_numbers(connection, books.sealer, brand.name))
