"""`portcullis serve`: production. Nothing of the sandbox is imported here, and nothing simulated is accepted."""

import asyncio
from contextlib import AsyncExitStack

import structlog

from kernel.clock import SystemClock
from kernel.config import ConfigurationRefused
from kernel.http.tls import TlsIdentity
from kernel.ids import RandomIds
from kernel.observability import log
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from plugins.psu_identity.built_in import BuiltInIdentity
from plugins.psu_identity.http_code_sender import HttpCodeSender
from plugins.upstreams.core_bank import CoreBank
from portcullis.compose.bank import open_bank
from portcullis.compose.certificates import client_anchors, load_trust, open_certificates
from portcullis.compose.composition import Parts, compose
from portcullis.compose.contexts import check_contexts, upgrade_contexts
from portcullis.compose.events.sinks import open_sinks
from portcullis.compose.keys.key_store import open_keys
from portcullis.compose.outbound import open_directories, open_fetcher
from portcullis.compose.payments import open_core_bank_payments, open_cut_offs
from portcullis.safety.finding import check_findings, warnings_of
from portcullis.safety.judgement import judge
from portcullis.serving.descriptors import raise_descriptors
from portcullis.serving.exclusive import server_lock
from portcullis.serving.front import FrontDoor
from portcullis.serving.listeners import open_listeners
from portcullis.serving.ops.surface import ops_of
from portcullis.serving.singletons import run_singletons
from portcullis.serving.surfaces import production_surfaces
from portcullis.serving.workers import run_workers
from portcullis.settings.schema import Settings
from portcullis.shutdown import catch_stop

logger = structlog.get_logger(__name__)


async def serve_production(settings: Settings) -> None:
    """Serve until stopped. `settings` have passed check_production. Raises ConfigurationRefused for what a person must change."""
    assert settings.tls is not None
    clock = SystemClock()
    log.configure(clock, level=settings.log_threshold())
    findings = await asyncio.to_thread(judge, settings, clock.wall())
    check_findings(findings)
    for finding in warnings_of(findings):
        logger.warning("configuration", key=finding.key, detail=finding.text)
    raise_descriptors(settings.connections)
    async with AsyncExitStack() as stack:
        parts = await open_parts(stack, settings)
        composition = await stack.enter_async_context(compose(parts))
        await stack.enter_async_context(run_singletons(composition, parts.brands, parts.telemetry))
        await stack.enter_async_context(run_workers(composition.orders))
        front = FrontDoor(parts.brands, production_surfaces(composition))
        identity = TlsIdentity(settings.tls.certificate, settings.tls.private_key)
        stopped = catch_stop()
        await stack.enter_async_context(
            open_listeners(
                settings,
                front,
                ops_of(parts, composition),
                identity,
                client_anchors(settings.tls),
                telemetry=parts.telemetry,
            )
        )
        stack.callback(composition.waits.close)  # before the listeners let calls end: long polls would keep them
        await stopped.wait()


async def open_parts(stack: AsyncExitStack, settings: Settings) -> Parts:
    """Open the parts of a production server, until `stack` closes. Raises ConfigurationRefused or KeyStoreFailed."""
    assert settings.code_sender is not None
    assert settings.tls is not None
    clock, ids = SystemClock(), RandomIds()
    log.configure(clock, level=settings.log_threshold())
    keys = await stack.enter_async_context(open_keys(settings))
    sealer = keys.sealer
    await stack.enter_async_context(server_lock(settings.database(), alone=not settings.redis_url))
    database = await stack.enter_async_context(Database.open(settings.database()))
    if settings.migration_url:
        await check_contexts(database)
    else:
        await upgrade_contexts(database, sandbox=False)
    codes = await stack.enter_async_context(HttpCodeSender.open(settings.code_sender.url, settings.code_sender.token))
    identity = BuiltInIdentity(database, sealer, clock, ids, codes=codes)
    if identity.simulated:
        raise ConfigurationRefused("identity: an authenticator that only pretends has no place in production")
    telemetry = Telemetry()
    bank = await stack.enter_async_context(open_bank(settings, database, sealer, clock, telemetry))
    pays = settings.core_bank_payments and isinstance(bank, CoreBank)
    payments = await stack.enter_async_context(open_core_bank_payments(settings, telemetry)) if pays else None
    fetcher = await stack.enter_async_context(open_fetcher(settings))
    trust = await asyncio.to_thread(load_trust, settings.tls)
    certificates = await stack.enter_async_context(open_certificates(settings, trust, clock, ids, telemetry))
    brands = settings.resolved_brands()
    return Parts(
        settings=settings,
        brands=brands,
        database=database,
        clock=clock,
        ids=ids,
        sealer=sealer,
        key_store=keys.store,
        identity=identity,
        customer_accounts=bank,
        accounts=bank,
        fetcher=fetcher,
        directories=open_directories(settings, fetcher),
        certificate_status=certificates.standing,
        telemetry=telemetry,
        sinks=await stack.enter_async_context(open_sinks(settings.sinks, brands, fetcher, clock)),
        payments=payments,
        cut_offs=await stack.enter_async_context(open_cut_offs(settings, telemetry)),
    )
