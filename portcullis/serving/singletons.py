"""The singletons of a server: each runs once per cluster, under a lease, while this context is open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from consent.authorization.backchannel.notifier import NOTIFY_EVERY_SECONDS
from consent.authorization.keys.rotator import ROTATE_EVERY_SECONDS, KeyRotator
from consent.services import Services
from consent.store import tables
from consent.store.consents import ConsentStore
from consent.store.sweeper import SWEEP_EVERY_SECONDS, Sweeper
from kernel.brand import Brand
from kernel.observability.telemetry import Telemetry
from kernel.storage.lease import Lease, run_singleton
from orders.janitor import CLEAN_EVERY_SECONDS, REMOVALS, Janitor, Removal
from orders.reconciliation.past_rows import RemoveClearedBreaks, StatementRemoval
from plugins.ledger.statements.statements import ISSUE_EVERY_SECONDS, StatementRun
from plugins.ledger.transfers.past_transfers import RemoveTransfers
from portcullis.compose.composition import Composition
from portcullis.compose.reconciliation import settlement_work


@asynccontextmanager
async def run_singletons(composition: Composition, brands: tuple[Brand, ...], telemetry: Telemetry) -> AsyncIterator[None]:
    """A sweeper, a rotator of keys, a notifier of clients, a run of statements, a janitor of orders, the settlement of rails and the delivery of
    events per brand. One that fails is logged and tried again; it never takes the server with it."""
    services, reserved = composition.services, composition.services.database.reserved
    running = []  # no task group: a singleton never fails, and the body's errors stay plain
    for brand, notifier, delivery in zip(brands, composition.notifiers, composition.deliveries, strict=True):
        sweeper = open_sweeper(services, composition.store, brand)
        statements = StatementRun(services.database, services.sealer, services.clock, brand)
        for name, every, work in (
            ("sweeper", SWEEP_EVERY_SECONDS, sweeper.run),
            ("keys", ROTATE_EVERY_SECONDS, KeyRotator(services, brand).run),
            ("notifier", NOTIFY_EVERY_SECONDS, notifier.run),
            ("statements", ISSUE_EVERY_SECONDS, statements.run),
            ("orders", CLEAN_EVERY_SECONDS, open_janitor(services, brand).run),
            *settlement_work(composition.reconciliations, brand, telemetry),
            *delivery,
        ):
            lease = Lease(reserved, tables.lease, services.clock, services.ids, brand=brand.name, name=name)
            running.append(asyncio.create_task(run_singleton(name, lease, every, work)))
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def open_sweeper(services: Services, store: ConsentStore, brand: Brand) -> Sweeper:
    """By the reserved connections alone: time decides, however busy the server is."""
    commands = replace(services.commands, database=services.database.reserved)
    return Sweeper(commands=commands, clock=services.clock, store=replace(store, commands=commands), brand=brand)


def open_janitor(services: Services, brand: Brand) -> Janitor:
    """Likewise. The ledger's transfers are in the same database."""
    commands = replace(services.commands, database=services.database.reserved)
    removals: tuple[Removal, ...] = (*REMOVALS, StatementRemoval(sealer=services.sealer), RemoveClearedBreaks, RemoveTransfers)
    return Janitor(commands=commands, clock=services.clock, brand=brand, removals=removals)
