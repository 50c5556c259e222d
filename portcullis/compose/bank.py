"""Open the bank behind a server: the built-in one, or a core bank over HTTP. Configuration says which."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import structlog

from kernel.clock import Clock, monotonic
from kernel.config import ConfigurationRefused
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.upstreams import UPSTREAMS
from plugins.upstreams.built_in import BuiltInBank, NoPrinter, StatementPrinter
from plugins.upstreams.circuit import Circuit
from plugins.upstreams.core_bank import CoreBank
from plugins.upstreams.core_bank_http import client_tls
from portcullis.settings.schema import Settings

log = structlog.get_logger(__name__)


Bank = BuiltInBank | CoreBank


@dataclass(frozen=True, slots=True)
class Means:
    """The parts that a bank may need to open."""

    settings: Settings
    database: Database
    sealer: Sealer
    clock: Clock
    telemetry: Telemetry
    printer: StatementPrinter


@asynccontextmanager
async def open_bank(
    settings: Settings,
    database: Database,
    sealer: Sealer,
    clock: Clock,
    telemetry: Telemetry,
    *,
    printer: StatementPrinter | None = None,
) -> AsyncIterator[Bank]:
    """The bank that `settings.upstream` names; the built-in one has files of its statements if there is a `printer`. Raises
    ConfigurationRefused for certificates that cannot be used."""
    named = next(upstream for upstream in UPSTREAMS if upstream.name == settings.upstream)
    async with OPENERS[named](Means(settings, database, sealer, clock, telemetry, printer or NoPrinter())) as bank:
        yield bank


@asynccontextmanager
async def _open_built_in(means: Means) -> AsyncIterator[Bank]:
    yield BuiltInBank(means.database, means.sealer, means.clock, means.printer)


@asynccontextmanager
async def _open_core_bank(means: Means) -> AsyncIterator[Bank]:
    settings, telemetry = means.settings, means.telemetry

    def count(operation: str, code: str) -> None:
        telemetry.upstream_defect(CoreBank.name, operation, code)

    async with CoreBank.open(
        settings.core_bank_url,
        circuit=open_circuit(telemetry, "accounts"),
        token=settings.core_bank_token,
        tls=await core_bank_tls(settings),
        count_defect=count,
    ) as bank:
        yield bank


def open_circuit(telemetry: Telemetry, questions: str) -> Circuit:
    """The circuit of one kind of questions to the core bank, which its owner reads in metrics and log."""
    circuit = Circuit(monotonic, on_change=lambda state: log.warning("core_bank_circuit", questions=questions, state=state))
    text = "1 while the core bank is not asked such questions because it failed too often."
    telemetry.watch("core_bank_circuit_open", text, lambda: circuit.state != "closed", questions=questions)
    return circuit


async def core_bank_tls(settings: Settings) -> ssl.SSLContext | None:
    """The TLS that the core bank is asked with; None: the usual one. Raises ConfigurationRefused."""
    tls = settings.core_bank_tls
    try:
        return await asyncio.to_thread(client_tls, tls.authorities, tls.certificate, tls.private_key) if tls else None
    except OSError as error:
        raise ConfigurationRefused(f"core_bank_tls: cannot be used ({error})") from None


OPENERS: Mapping[type, Callable[[Means], AbstractAsyncContextManager[Bank]]] = {
    BuiltInBank: _open_built_in,
    CoreBank: _open_core_bank,
}
