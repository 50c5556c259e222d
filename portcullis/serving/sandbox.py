"""`portcullis sandbox`: the production server on a synthetic bank, a test directory and a movable clock.

Every step can be interrupted and repeated: it keeps what exists and makes what is missing. `ready.json` is written last.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from kernel import json
from kernel.brand import Brand
from kernel.certificates.trust_lists import TrustLists, Vouches, load_certificates
from kernel.clock import Clock
from kernel.config import ConfigurationRefused
from kernel.ids import RandomIds
from kernel.observability import log
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from plugins.key_stores.sealing_file import SealingFile
from plugins.psu_identity.built_in import BuiltInIdentity
from plugins.rails.files.rail import FileRail
from plugins.rails.simulated.client import SimulatedRail
from plugins.upstreams.built_in import BuiltInBank
from plugins.upstreams.built_in_payments import BuiltInPayments
from plugins.upstreams.core_bank_payments import CoreBankPayments
from plugins.upstreams.late_reports import LateReports
from plugins.upstreams.own_accounts import OwnNumbers
from portcullis.compose.bank import Bank, open_bank
from portcullis.compose.certificates import Certificates, open_certificates
from portcullis.compose.composition import Composition, Parts, compose
from portcullis.compose.contexts import upgrade_contexts
from portcullis.compose.events.sinks import open_sinks
from portcullis.compose.keys.sealing_keys import ensure_sealing_keys, load_sealer
from portcullis.compose.outbound import open_directories, open_fetcher
from portcullis.compose.payments import Books, open_core_bank_payments, open_cut_offs, open_sandbox_payments
from portcullis.core_bank.process import start_core_bank
from portcullis.serving.banner import print_banner, seed_progress
from portcullis.serving.descriptors import raise_descriptors
from portcullis.serving.exclusive import REFUSAL, server_lock
from portcullis.serving.front import FrontDoor
from portcullis.serving.listeners import check_ports, open_listeners, ready_document
from portcullis.serving.ops.surface import ops_of
from portcullis.serving.sandbox_operators import ensure_operators
from portcullis.serving.sandbox_surfaces import sandbox_surfaces
from portcullis.serving.singletons import run_singletons
from portcullis.serving.surfaces import production_surfaces
from portcullis.serving.workers import run_workers
from portcullis.settings.checks import check_sandbox
from portcullis.settings.schema import Settings
from portcullis.shutdown import cancel, catch_stop
from sandbox.atomic_file import PUBLIC, write_atomically
from sandbox.authority.directory import Directory
from sandbox.authority.pki import TestPki
from sandbox.bank.authenticators import simulated_authenticators
from sandbox.bank.catalogue.numbers import SORT_CODE
from sandbox.bank.personas import load_personas
from sandbox.bank.source import Source, check_source, settle_source
from sandbox.clock import MovedClock
from sandbox.control.actions import Actions
from sandbox.decisions.stored import StoredDecisions
from sandbox.printer.printer import Printer
from sandbox.tpps.tpps import Tpps

RENEWAL_SECONDS = 6 * 3600  # between two renewals of the test authority's certificates
ORGANISATION_ID = "0015800000PRTCULIS"  # of the bank in the test directory: 18 characters, as those of Open Banking's have
LOOPBACK = ("localhost", "127.0.0.1")  # where a developer's own TPP publishes its keys


async def serve_sandbox(
    settings: Settings, seed: int | None, console: Console, *, core_bank: bool = False, imported: Path | None = None
) -> None:
    """Serve until stopped; with `core_bank`, the bank is a process of its own; `imported` is a file of a bank, in place of the
    seed. Raises ConfigurationRefused for what a person must change."""
    async with open_sandbox(settings, seed, console, core_bank=core_bank, imported=imported) as opened:
        print_banner(console, settings, opened.brand, opened.personas)
        log.configure(opened.clock, level=settings.log_threshold())
        await opened.stopped.wait()
    console.print("stopped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A sandbox that is ready. `personas`: the content of personas.json; `stopped` is set when the server must stop."""

    brand: Brand
    personas: list[dict[str, Any]]
    clock: Clock
    stopped: asyncio.Event


@asynccontextmanager
async def open_sandbox(
    settings: Settings, seed: int | None, console: Console, *, core_bank: bool = False, imported: Path | None = None
) -> AsyncIterator[Opened]:
    """Everything open, listening and written down while the context is open."""
    check_sandbox(settings)
    raise_descriptors(settings.connections)
    await asyncio.to_thread(check_source, seed, imported)
    state = settings.state_dir.resolve()
    ready = state / "ready.json"
    async with AsyncExitStack() as stack:
        ground = await _open_ground(stack, settings, seed, imported, console, core_bank=core_bank)
        settings = ground.parts.settings
        identity = await asyncio.to_thread(ground.pki.ensure_server)
        composition = await stack.enter_async_context(compose(ground.parts))
        if not composition.versions.is_trusted:
            raise ConfigurationRefused("redis_url: the server cannot be reached, and without it no client can be authenticated")
        await stack.enter_async_context(run_singletons(composition, ground.parts.brands, ground.parts.telemetry))
        await stack.enter_async_context(run_workers(composition.orders))
        await _take_late_reports(stack, ground, composition)
        tpps = await _open_tpps(stack, ground, composition, state)
        personas = await load_personas(ground.parts.database, ground.parts.sealer, ground.brand)
        await asyncio.to_thread(write_atomically, state / "personas.json", json.encode(personas), mode=PUBLIC)
        actions = Actions(
            services=composition.services,
            moved_clock=ground.moved_clock,
            tpps=tpps,
            source=ground.source,
            reload_certificates=ground.certificates.reload,
        )
        controls = sandbox_surfaces(settings, ground.parts, composition, actions)
        front = FrontDoor(ground.parts.brands, (*controls, *production_surfaces(composition)))
        await stack.enter_async_context(
            open_listeners(
                settings,
                front,
                ops_of(ground.parts, composition),
                identity,
                [ground.pki.ca_path],
                telemetry=ground.parts.telemetry,
            )
        )
        stack.callback(composition.waits.close)  # before the listeners let calls end: long polls would keep them
        stopped = catch_stop()
        await asyncio.to_thread(write_atomically, ready, ready_document(settings, ground.brand), mode=PUBLIC)
        stack.callback(ready.unlink, missing_ok=True)
        yield Opened(brand=ground.brand, personas=personas, clock=ground.parts.clock, stopped=stopped)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The parts of a sandbox under its listeners: server parts, source of the bank, clock, certification authority and directory."""

    parts: Parts
    source: Source
    moved_clock: MovedClock
    pki: TestPki
    directory: Directory
    certificates: Certificates

    @property
    def brand(self) -> Brand:
        """The brand whose TPPs, personas and clock these are."""
        return self.parts.brands[0]


async def _open_ground(
    stack: AsyncExitStack, settings: Settings, seed: int | None, imported: Path | None, console: Console, *, core_bank: bool
) -> Ground:
    state = settings.state_dir.resolve()
    keys = state / "keys" / "sealing.keys"
    await asyncio.to_thread(ensure_sealing_keys, keys)
    settings = await asyncio.to_thread(ensure_operators, settings)
    await stack.enter_async_context(_hold_lock(settings))
    await asyncio.to_thread(check_ports, settings)
    await asyncio.to_thread((state / "ready.json").unlink, missing_ok=True)
    database = await stack.enter_async_context(Database.open(settings.database()))
    await upgrade_contexts(database, sandbox=True)
    brands = tuple(_named(brand) for brand in settings.resolved_brands())
    moved_clock = MovedClock(database, brands[0].name)
    await moved_clock.load()
    clock, ids, sealer, telemetry = moved_clock.clock, RandomIds(), load_sealer(keys), Telemetry()
    log.configure(clock, level=logging.WARNING)  # until the banner is read, which says what the log is for
    source = await settle_source(database, brands[0], seed, imported)
    with seed_progress(console) as progress:
        for brand in brands:
            await source.make(database, sealer, clock, brand, progress=progress)
    if core_bank:
        settings = await stack.enter_async_context(start_core_bank(settings, ids))
    bank = await stack.enter_async_context(open_bank(settings, database, sealer, clock, telemetry, printer=_open_printer(stack)))
    payments = await _open_payments(stack, settings, bank, Books(database, sealer, clock), telemetry)
    fetcher = await stack.enter_async_context(open_fetcher(settings, LOOPBACK))
    pki = await asyncio.to_thread(TestPki.open, state / "pki", clock)
    directory = await asyncio.to_thread(Directory.open, state / "pki", pki, clock, ids)
    certificates = await stack.enter_async_context(_certify(settings, pki, clock, ids, telemetry))
    parts = Parts(
        settings=settings,
        brands=brands,
        database=database,
        clock=clock,
        ids=ids,
        sealer=sealer,
        key_store=SealingFile(sealer),
        identity=BuiltInIdentity(database, sealer, clock, ids, **simulated_authenticators(ids)),
        customer_accounts=bank,
        accounts=bank,
        fetcher=fetcher,
        directories=(directory, *open_directories(settings, fetcher)),
        certificate_status=certificates.standing,
        telemetry=telemetry,
        prior_answers=StoredDecisions(),
        sinks=await stack.enter_async_context(open_sinks(settings.sinks, brands, fetcher, clock)),
        cut_offs=await stack.enter_async_context(open_cut_offs(settings, telemetry)),
        **_paying(payments),
    )
    return Ground(parts=parts, source=source, moved_clock=moved_clock, pki=pki, directory=directory, certificates=certificates)


def _named(brand: Brand) -> Brand:
    """The brand with an id in the test directory, by which it signs answers, unless its configuration gives it one."""
    return replace(brand, organisation_id=brand.organisation_id or ORGANISATION_ID)


def _open_printer(stack: AsyncExitStack) -> Printer:
    printer = Printer()
    stack.push_async_callback(printer.close)
    return printer


def _certify(
    settings: Settings, pki: TestPki, clock: Clock, ids: RandomIds, telemetry: Telemetry
) -> AbstractAsyncContextManager[Certificates]:
    trust = TrustLists([(load_certificates(pki.ca_path), frozenset(Vouches))])
    return open_certificates(settings, trust, clock, ids, telemetry, crl_files=[pki.crl_path])


async def _take_late_reports(stack: AsyncExitStack, ground: Ground, composition: Composition) -> None:
    payments = ground.parts.payments
    if not isinstance(payments, BuiltInPayments):
        return
    orders, brands = composition.orders, ground.parts.brands
    for rail in payments.rails.by_name.values():
        if isinstance(rail, SimulatedRail | FileRail):
            late = LateReports(rail=rail, payments=payments, orders=orders, brands=brands)
            await stack.enter_async_context(late.lifetime())


async def _open_payments(
    stack: AsyncExitStack, settings: Settings, bank: Bank, books: Books, telemetry: Telemetry
) -> BuiltInPayments | CoreBankPayments:
    if isinstance(bank, BuiltInBank):
        return await open_sandbox_payments(
            stack, settings.state_dir.resolve(), books, settings.resolved_brands(), OwnNumbers(frozenset({SORT_CODE}))
        )
    return await stack.enter_async_context(open_core_bank_payments(settings, telemetry))


def _paying(payments: BuiltInPayments | CoreBankPayments) -> dict[str, Any]:
    """The parts that pay; more of a bank whose ledger shares our database, and that knows the rail of each payment."""
    if not isinstance(payments, BuiltInPayments):
        return {"payments": payments}
    return {"payments": payments, "reserve": payments, "books": payments, "rail_pace": payments.pace_of}


@asynccontextmanager
async def _hold_lock(settings: Settings) -> AsyncIterator[None]:
    """portcullis/serving/exclusive.py's lock. Raises ConfigurationRefused, of a database of the state directory's own in words of that."""
    try:
        async with server_lock(settings.database(), alone=not settings.redis_url):
            yield
    except ConfigurationRefused as refused:
        if str(refused) != REFUSAL or settings.database_url:
            raise
        raise ConfigurationRefused(
            f"state_dir: a sandbox is running on {settings.state_dir} already. Use that one, stop it (Ctrl-C where it runs), or start "
            "this one with another PORTCULLIS_STATE_DIR, _PUBLIC_PORT, _MTLS_PORT and _OPS_PORT"
        ) from None


async def _open_tpps(stack: AsyncExitStack, ground: Ground, composition: Composition, state: Path) -> Tpps:
    """The TPPs, with certificates that are renewed while the server runs."""
    tpps = Tpps(
        services=composition.services,
        directory=ground.directory,
        pki=ground.pki,
        directory_path=state / "tpps",
        ca=ground.pki.ca_path,
    )
    await tpps.ensure_ready_made(ground.brand)

    async def renew() -> None:
        while True:
            await asyncio.sleep(RENEWAL_SECONDS)
            await asyncio.to_thread(ground.pki.ensure_server)
            await asyncio.to_thread(ground.pki.ensure_crl)
            await tpps.ensure_ready_made(ground.brand)

    renewing = asyncio.create_task(renew(), name="certificate renewal")
    stack.push_async_callback(cancel, renewing)
    return tpps
