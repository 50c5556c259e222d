"""The composition root: joins the ports, and hands each part its own piece and nothing else.

Read it from top to bottom: hot state, consent server, payment orders, gateway. What differs between production and a sandbox comes in as `Parts`;
nothing here knows which it is.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Mapping
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
from consent.store.files import ConsentFiles
from consent.store.funds_checks import FundsChecks
from consent.store.organisations import Organisations
from gateway.app import Gateway
from gateway.assembly import assemble, map_operations
from gateway.parts import Parts as UseCaseParts
from gateway.pipeline.calls_in_flight import CallsInFlight, InFlightLimits
from gateway.ports import AccountsUpstream, CutOffs
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from gateway.use_cases import USE_CASES
from kernel.banking.orders import CreditTransfer
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
from notices.room import Room as NoticeRoom
from notices.services import Notices
from notices.sink import NoticeSink
from notices.waits import Waits
from openapi import DIALECTS
from orders.pace import RailPace
from orders.ports import OrderBooks, PaymentsUpstream, SharedReserve
from orders.reconciliation.reconciliation import Reconciliation
from orders.room import Room, default_pace
from orders.services import PaymentOrders
from orders.staff import Staff
from plugins.cut_offs.configured import ConfiguredCutOffs
from policies import CHAIN
from policies.parts import Parts as PolicyParts
from policies.rate_limit import Rate
from policies.token_binding import FirstUses
from policies.unattended_limit import Unattended
from portcullis.compose.customers import IdentifiedCustomers
from portcullis.compose.events.delivery import compose_delivery
from portcullis.compose.events.notices import RegisteredCallbacks, compose_notice_work, compose_notices
from portcullis.compose.events.singleton import Singleton
from portcullis.compose.events.sinks import OpenSink
from portcullis.compose.gateway_snapshots import GatewaySnapshots
from portcullis.compose.internal_clients import register_internal_clients
from portcullis.compose.keys.key_ages import watch_keys
from portcullis.compose.keys.message_keys import RegisteredMessageKeys
from portcullis.compose.orders import compose_orders
from portcullis.compose.payments import NoFunds, without_payments
from portcullis.compose.reconciliation import compose_reconciliations
from portcullis.compose.record_queues import RecordQueues, open_queues
from portcullis.compose.state_gauges import watch_state
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
    cut_offs: CutOffs = field(default_factory=ConfiguredCutOffs)
    payments: PaymentsUpstream | None = None  # None: the bank carries out no payments here
    reserve: SharedReserve | None = None  # of a ledger in the same database
    rail_pace: Callable[[CreditTransfer], RailPace | None] = default_pace  # where the bank says on which rail a payment goes
    books: OrderBooks | None = None  # of a ledger of ours, whose entries are part of an order's story
    sinks: tuple[OpenSink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """A server that is whole but does not listen yet."""

    brands: Mapping[str, Brand]  # by name
    services: Services
    store: ConsentStore
    consent_server: ConsentServer
    gateway: Gateway
    versions: Versions
    notifiers: tuple[Notifier, ...]  # one a brand
    orders: PaymentOrders
    staff: Staff
    reconciliations: tuple[
        Reconciliation, ...
    ]  # one for each account over which a rail settles; none where the ledger is not ours
    waits: Waits  # of long polls, closed when the server stops
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
        store = _compose_store(parts, commands)
        orders, notices = _compose_orders(parts, commands, store), compose_notices(commands, parts.clock, parts.ids)
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
        await _open_keys(stack, parts, services)
        await register_internal_clients(services, parts.settings, parts.brands)
        await _outlive_second_of(birth, parts.clock)
        yield Composition(
            brands={brand.name: brand for brand in parts.brands},
            services=services,
            store=store,
            consent_server=ConsentServer(services, parts.telemetry),
            gateway=_compose_gateway(parts, services, store, queues, orders, notices=Notices(room=notices)),
            versions=versions,
            notifiers=tuple(_compose_notifier(parts, commands, brand) for brand in parts.brands),
            deliveries=await _compose_deliveries(parts, commands, notices, services),
            orders=orders,
            waits=notices.waits,
            staff=Staff(room=orders.room, upstream=parts.payments, books=parts.books),
            reconciliations=compose_reconciliations(orders.room, parts.payments),
        )


async def _compose_deliveries(
    parts: Parts, commands: Commands, notices: NoticeRoom, services: Services
) -> tuple[tuple[Singleton, ...], ...]:
    """Of the outbox's events to sinks, and of notices to clients: those of one brand after the other."""
    keys, callbacks = _open_message_keys(parts, services), RegisteredCallbacks(services.clients, parts.fetcher)
    found = []
    for brand in parts.brands:
        delivery = await compose_delivery(parts.sinks, NoticeSink(notices), commands, parts.telemetry, brand)
        found.append((*delivery, *await compose_notice_work(notices, brand, keys, callbacks, parts.telemetry)))
    return tuple(found)


async def _open_keys(stack: AsyncExitStack, parts: Parts, services: Services) -> None:
    for brand in parts.brands:
        await prepare_keys(services, brand.name)
        watch_keys(parts.telemetry, parts.clock, services.keys, brand.name)
    await stack.enter_async_context(key_refresh(services, parts.brands))


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
    lodged_max = parts.settings.rates.lodgements_per_day
    return ConsentStore(commands=commands, clock=parts.clock, ids=parts.ids, sealer=parts.sealer, lodged_max=lodged_max)


def _compose_orders(parts: Parts, commands: Commands, store: ConsentStore) -> PaymentOrders:
    room = Room(
        commands=commands,
        clock=parts.clock,
        ids=parts.ids,
        sealer=parts.sealer,
        consents=store,
        reserve=parts.reserve,
        rail_pace=parts.rail_pace,
    )
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
    watch_state(parts.telemetry, parts.database, versions)
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


async def _outlive_second_of(birth: float, clock: Clock) -> None:
    """Wait until the second in which the memory of first uses began has passed. An assertion's `iat` is in whole seconds, so one made in
    that second would be refused as older than the memory. No listener opens before."""
    if math.isfinite(birth):
        await asyncio.sleep(max(0.0, math.ceil(birth) - clock.wall().timestamp()))


def _compose_gateway(
    parts: Parts, services: Services, store: ConsentStore, queues: RecordQueues, orders: PaymentOrders, *, notices: Notices
) -> Gateway:
    rates, in_flight, cursors = parts.settings.rates, _open_places(parts), CursorSealer(parts.sealer)
    message_keys, payments = _open_message_keys(parts, services), parts.payments or NoFunds()
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
        message_keys=message_keys,
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
        cut_offs=parts.cut_offs,
        payments=orders,
        funds=payments,
        rates=payments,
        payment_files=ConsentFiles(store=store),
        funds_checks=FundsChecks(commands=services.commands, clock=parts.clock, sealer=parts.sealer),
        ids=parts.ids,
        notices=notices,
        callbacks=RegisteredCallbacks(services.clients, parts.fetcher),
        message_keys=message_keys,
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


def _open_places(parts: Parts) -> CallsInFlight:
    rates = parts.settings.rates
    in_flight = CallsInFlight(InFlightLimits(rates.in_flight, rates.in_flight_per_client, rates.running_per_client))
    parts.telemetry.watch("calls_in_flight", "Calls of resource APIs in flight, in units of their cost.", lambda: in_flight.total)
    return in_flight


def _open_message_keys(parts: Parts, services: Services) -> RegisteredMessageKeys:
    return RegisteredMessageKeys(services.clients, services.client_keys, services.keys, parts.certificate_status, parts.clock)
