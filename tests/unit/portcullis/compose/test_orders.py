"""Payment orders in a composed server: with an upstream each brand has a worker, its gauges and the server's graceful end."""

import re
from contextlib import AsyncExitStack, asynccontextmanager

from kernel.banking.orders import OrderState, RailStatus
from kernel.clock import SystemClock
from kernel.ids import RandomIds
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.key_stores.sealing_file import SealingFile
from plugins.upstreams.built_in import BuiltInBank
from portcullis.compose.composition import Parts, compose
from portcullis.serving.workers import run_workers
from portcullis.settings.schema import Settings
from tests.harness.addresses import Addresses
from tests.harness.statuses import Statuses
from tests.world.brands import BRAND
from tests.world.orders import ACME, InsertConsent, authorised, request_of, use_of
from tests.world.payments_bank import FakeBank


@asynccontextmanager
async def composed(url, bank=None):
    clock, sealer, telemetry = SystemClock(), Sealer({1: b"k" * 32}), Telemetry()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database.open(url))
        accounts = BuiltInBank(database, sealer, clock)
        parts = Parts(
            settings=Settings(),
            brands=(BRAND,),
            database=database,
            clock=clock,
            ids=RandomIds(),
            sealer=sealer,
            key_store=SealingFile(sealer),
            identity=None,
            customer_accounts=accounts,
            accounts=accounts,
            fetcher=Addresses(),
            directories=(),
            certificate_status=Statuses(),
            telemetry=telemetry,
            payments=bank,
        )
        composition = await stack.enter_async_context(compose(parts))
        yield composition, telemetry


async def place(composition):
    consent = authorised(composition.services.ids.uuid())
    await composition.services.commands.run(InsertConsent(composition.store, consent))
    return await composition.orders.place(BRAND, ACME, request_of(consent), use_of(consent.id))


async def test_an_accepted_order_is_paid_before_the_server_has_stopped(migrated_sqlite_url):
    bank = FakeBank(SystemClock(), accepts=RailStatus.SETTLED)
    async with composed(migrated_sqlite_url, bank) as (composition, _telemetry):
        async with run_workers(composition.orders):
            order = await place(composition)
        assert (await composition.orders.read(BRAND, ACME, order.id)).state is OrderState.SETTLED


async def test_without_an_upstream_an_order_waits(migrated_sqlite_url):
    async with composed(migrated_sqlite_url) as (composition, telemetry):
        async with run_workers(composition.orders):
            order = await place(composition)
        assert (await composition.orders.read(BRAND, ACME, order.id)).state is OrderState.RECEIVED
        assert b"order_age_seconds" not in telemetry.render()


async def test_a_server_that_pays_shows_the_ages_of_its_orders(migrated_sqlite_url):
    async with composed(migrated_sqlite_url, FakeBank(SystemClock())) as (_composition, telemetry):
        states = re.findall(r'portcullis_order_age_seconds\{brand="main",state="(\w+)"\}', telemetry.render().decode())
    assert "unknown" in states
