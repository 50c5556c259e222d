"""The composition root: joins the ports, and hands each part its own piece and nothing else.

Read it from top to bottom: hot state, consent server, payment orders, gateway. What differs between production and a sandbox comes in as `Parts`;
nothing here knows which it is.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from consent.app import ConsentServer
from consent.authorization.backchannel.notifier import Notifier
from consent.authorization.clients.client_keys import ClientKeys
from consent.authorization.clients.current_clients import CurrentClients
from consent.authorization.keys.refresh import key_refresh
from consent.authorization.keys.ring import KeyRing
from consent.authorization.keys.rotation import prepare_keys
from consent.authorization.tokens.verify import TokenVerifier
from consent.ports import CustomerAccounts, PsuIdentity, SoftwareDirectory
from consent.services import NoPayees, NoPriorAnswers, PriorAnswers, Services
from consent.settings import Settings as ConsentSettings
from consent.store import tables
from consent.store.consents import ConsentStore
from consent.store.current_snapshots import ConsentSnapshots
from consent.store.organisations import Organisations
from gateway.app import Gateway
from gateway.assembly import assemble, map_operations
from gateway.parts import Parts as UseCaseParts
from gateway.pipeline.calls_in_flight import CallsInFlight, InFlightLimits
from gateway.ports import AccountsUpstream
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from gateway.use_cases import USE_CASES
from kernel.brand import Brand
from kernel.certificates.certificate import CertificateStatus
from kernel.clock import Clock, monotonic
from kernel.commands.runner import Commands
from kernel.hot_state.checks import HotState
from kernel.hot_state.epoch import Epoch
from kernel.hot_state.in_process import InProcessHotState
from kernel.hot_state.redis import RedisHotState
from kernel.hot_state.versions import LoadVersion, Versions
from kernel.http.outbound.fetcher import Fetcher
from kernel.ids import Ids
from kernel.observability.telemetry import Telemetry
from kernel.storage.cursor import CursorSealer
from kernel.storage.database import Database
from kernel.storage.journal import Journal
from kernel.storage.key_store import KeyStore
from kernel.storage.sealed import Sealer
from kernel.tokens.dpop_nonces import Nonces
from openapi import DIALECTS
from orders.ports import PaymentsUpstream, SharedReserve
from orders.room import Room
from orders.services import PaymentOrders
from policies import CHAIN
from policies.parts import Parts as PolicyParts
from policies.rate_limit import Rate
from policies.token_binding import FirstUses
from policies.unattended_limit import Unattended
from portcullis.compose.customers import IdentifiedCustomers
from portcullis.compose.events.delivery import Singleton, compose_delivery
from portcullis.compose.events.sinks import OpenSink
from portcullis.compose.gateway_snapshots import GatewaySnapshots
from portcullis.compose.internal_clients import register_internal_clients
from portcullis.compose.keys.key_ages import watch_keys
from portcullis.compose.keys.message_keys import RegisteredMessageKeys
from portcullis.compose.orders import compose_orders
from portcullis.compose.payments import NoFunds, without_payments
from portcullis.compose.record_queues import RecordQueues, open_queues
from portcullis.settings.schema import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The replaceable parts of a server, already opened."""

    settings: Settings
    brands: tuple[Brand, ...]
    database: Database
    clock: Clock
    ids: Ids
    sealer: Sealer
    key_store: KeyStore
    identity: PsuIdentity
    customer_accounts: CustomerAccounts
    accounts: AccountsUpstream
    fetcher: Fetcher
    directories: tuple[SoftwareDirectory, ...]
    certificate_status: CertificateStatus
    telemetry: Telemetry
    prior_answers: PriorAnswers = field(default_factory=NoPriorAnswers)
    payments: PaymentsUpstream | None = None  # None: the bank carries out no payments here
    reserve: SharedReserve | None = None  # of a ledger in the same database
    sinks: tuple[OpenSink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """A server that is whole but does not listen yet."""

    services: Services
    store: ConsentStore
    consent_server: ConsentServer
    gateway: Gateway
    versions: Versions
    notifiers: tuple[Notifier, ...]  # one a brand
    orders: PaymentOrders
    deliveries: tuple[tuple[Singleton, ...], ...]  # of the outbox's events, those of one brand after the other


@asynccontextmanager
async def compose(parts: Parts) -> AsyncIterator[Composition]:
    """Open the hot state, load the keys, join consent server and gateway. On leaving, everything queued is written first."""
    async with AsyncExitStack() as stack:
        snapshots = ConsentSnapshots(parts.database, parts.sealer)
        versions, birth = await _open_versions(stack, parts, snapshots.load_version)
        journal = Journal(tables.journal, tables.outbox)
        commands = _compose_commands(parts, versions, journal)
        queues = await stack.enter_async_context(open_queues(commands, parts.clock, parts.telemetry))
        _watch(parts, versions)
        store = _compose_store(parts, commands)
        orders = _compose_orders(parts, commands, store)
        services = Services(
            database=parts.database,
            commands=commands,
            versions=versions,
            clock=parts.clock,
            ids=parts.ids,
            sealer=parts.sealer,
            journal=journal,
            snapshots=snapshots,
            clients=CurrentClients(parts.database),
            keys=KeyRing(parts.database, parts.key_store),
            identity=parts.identity,
            customer_accounts=parts.customer_accounts,
            dialects={dialect.name: dialect for dialect in DIALECTS},
            store=store,
            certificate_status=parts.certificate_status,
            record_token=queues.issued.record,
            client_keys=ClientKeys(parts.fetcher, monotonic),
            directories={directory.issuer: directory for directory in parts.directories},
            prior_answers=parts.prior_answers,
            orders=orders,
            payees=parts.payments or NoPayees(),
            settings=_consent_settings(parts.settings),
        )
        await _open_keys(parts, services)
        await stack.enter_async_context(key_refresh(services, parts.brands))
        await register_internal_clients(services, parts.settings, parts.brands)
        await _outlive_second_of(birth, parts.clock)
        yield Composition(
            services=services,
            store=store,
            consent_server=ConsentServer(services, parts.telemetry),
            gateway=_compose_gateway(parts, services, store, queues, orders),
            versions=versions,
            notifiers=tuple(_compose_notifier(parts, commands, brand) for brand in parts.brands),
            deliveries=tuple(compose_delivery(parts.sinks, commands, parts.telemetry, brand) for brand in parts.brands),
            orders=orders,
        )


async def _open_keys(parts: Parts, services: Services) -> None:
    for brand in parts.brands:
        await prepare_keys(services, brand.name)
        watch_keys(parts.telemetry, parts.clock, services.keys, brand.name)


def _compose_commands(parts: Parts, versions: Versions, journal: Journal) -> Commands:
    return Commands(
        database=parts.database,
        clock=parts.clock,
        versions=versions,
        journal=journal,
        locks=tables.locks,
        idempotency_keys=tables.idempotency_keys,
    )


def _compose_store(parts: Parts, commands: Commands) -> ConsentStore:
    return ConsentStore(
        commands=commands,
        clock=parts.clock,
        ids=parts.ids,
        sealer=parts.sealer,
        lodged_max=parts.settings.rates.lodgements_per_day,
    )


def _compose_orders(parts: Parts, commands: Commands, store: ConsentStore) -> PaymentOrders:
    room = Room(commands=commands, clock=parts.clock, ids=parts.ids, sealer=parts.sealer, consents=store, reserve=parts.reserve)
    return compose_orders(room, parts.brands, parts.payments, parts.telemetry)


def _consent_settings(settings: Settings) -> ConsentSettings:
    return ConsentSettings(
        key_schedule=settings.signing_keys.schedule(),
        unknown_requests_per_minute=settings.rates.unknown_per_minute,
        first_uses_per_client=settings.rates.first_uses,
        registrations_per_organisation=settings.rates.registrations,
    )


async def _open_versions(stack: AsyncExitStack, parts: Parts, load_version: LoadVersion) -> tuple[Versions, float]:
    """Open the versions, and return with them the birth of the memory of first uses, in seconds since the epoch."""
    epoch = Epoch(parts.database.reserved, tables.epoch, parts.clock, monotonic)
    hot_state: InProcessHotState | RedisHotState
    if parts.settings.redis_url:
        hot_state = RedisHotState(parts.settings.redis_url, parts.ids, on_restart=epoch.adopt)
    else:
        hot_state = InProcessHotState(monotonic, parts.clock, parts.ids, on_restart=epoch.adopt)
    await stack.enter_async_context(hot_state.lifetime())
    birth = await hot_state.born_at()
    local: HotState = InProcessHotState(monotonic, parts.clock, parts.ids)
    versions = Versions(epoch, hot_state, local, monotonic, load_version=load_version, workers=parts.settings.workers)
    await stack.enter_async_context(versions.lifetime())
    return versions, birth


def _compose_notifier(parts: Parts, commands: Commands, brand: Brand) -> Notifier:
    notifier = Notifier(
        database=parts.database, commands=commands, clock=parts.clock, sealer=parts.sealer, notify=parts.fetcher, brand=brand
    )
    parts.telemetry.watch(
        "notifications_unanswered",
        "Notifications to clients that got no answer, or whose address is refused, since the start.",
        lambda: notifier.unanswered,
        brand=brand.name,
    )
    return notifier


def _watch(parts: Parts, versions: Versions) -> None:
    """Register the gauges of the server's state: deadlocks, hot state, limits, notifications."""
    telemetry, database = parts.telemetry, parts.database
    telemetry.watch("database_deadlocks", "Deadlocks that the database ended, since the start.", lambda: database.deadlocks)
    telemetry.watch("hot_state_trusted", "1 while versions come from the hot state.", lambda: versions.is_trusted)
    telemetry.watch(
        "hot_state_asked_database",
        "Version questions that the hot state did not settle, since the start.",
        lambda: versions.asked_database,
    )
    telemetry.watch(
        "limits_kept_locally", "Limits that the hot state did not keep, since the start.", lambda: versions.limited_locally
    )


async def _outlive_second_of(birth: float, clock: Clock) -> None:
    """Wait until the second in which the memory of first uses began has passed. An assertion's `iat` is in whole seconds, so one made in
    that second would be refused as older than the memory. No listener opens before."""
    if math.isfinite(birth):
        await asyncio.sleep(max(0.0, math.ceil(birth) - clock.wall().timestamp()))


def _compose_gateway(
    parts: Parts, services: Services, store: ConsentStore, queues: RecordQueues, orders: PaymentOrders
) -> Gateway:
    rates = parts.settings.rates
    in_flight = CallsInFlight(InFlightLimits(rates.in_flight, rates.in_flight_per_client, rates.running_per_client))
    parts.telemetry.watch("calls_in_flight", "Calls of resource APIs in flight, in units of their cost.", lambda: in_flight.total)
    cursors = CursorSealer(parts.sealer)
    policies = PolicyParts(
        tokens=TokenVerifier(services.keys, parts.clock),
        snapshots=GatewaySnapshots(services.clients, services.snapshots),
        consents=store,
        organisations=Organisations(commands=services.commands, clock=parts.clock),
        records=queues.accessed,
        refusals=queues.refusals,
        clock=parts.clock,
        certificate_status=parts.certificate_status,
        nonces=Nonces(parts.sealer),
        cursors=cursors,
        message_keys=RegisteredMessageKeys(services.clients, services.client_keys, services.keys),
        first_uses=FirstUses(rates.first_uses),
        rate=Rate(rates.requests, rates.window_seconds, rates.requests_per_address),
        unattended=Unattended(rates.unattended_per_day),
    )
    use_cases = UseCaseParts(
        accounts=GuardedAccounts(parts.accounts, count_defect=partial(parts.telemetry.upstream_defect, parts.accounts.name)),
        consents=store,
        cursors=cursors,
        clock=parts.clock,
        customers=IdentifiedCustomers(parts.identity),
        payments=orders,
        funds=parts.payments or NoFunds(),
    )
    return Gateway(
        brands=parts.brands if parts.payments is not None else without_payments(parts.brands),
        dialects=DIALECTS,
        chain=assemble(CHAIN, policies),
        use_cases=map_operations(assemble(USE_CASES, use_cases)),
        in_flight=in_flight,
        decisions=services.versions,
        clock=parts.clock,
        ids=parts.ids,
        monotonic=monotonic,
        telemetry=parts.telemetry,
    )
