"""A change of another context together with a consent is committed with it or not at all: an order, in place of those to come."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from consent.store.changes import change_consent
from consent.store.current_snapshots import load_subjects
from consent.store.lifecycle import ConsentEvent
from consent.store.locks import CONSENT
from consent.store.rows.snapshots import load_consent
from kernel.banking.consents import ConsentState
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import ConsentNotAuthorised
from kernel.hot_state.subjects import consent_subject
from kernel.storage.journal import Entry, Event
from tests.harness.books.reader import Reader
from tests.world.brands import BRAND, START
from tests.world.clients import CLIENT
from tests.world.pages import PageWorld, page_world

ORDERS = sa.Table(
    "toy_orders", sa.MetaData(), sa.Column("id", sa.String(64), primary_key=True), sa.Column("consent_id", sa.String(64))
)


@pytest.fixture
async def world(migrated_url: str) -> AsyncIterator[PageWorld]:
    async with page_world(migrated_url) as made:
        await made.database.write(lambda connection: connection.run_sync(ORDERS.metadata.create_all))
        yield made


@dataclass(frozen=True)
class PlaceOrder:
    """Uses the consent up. `fault` comes last, when all has been written."""

    world: PageWorld
    consent_id: str
    order_id: str
    fault: Exception | None = None
    moved: dict[str, int] = field(default_factory=dict)
    name = "place_order"

    @property
    def locks(self):
        return (CONSENT.of(BRAND.name, self.consent_id),)

    async def handle(self, unit: UnitOfWork) -> str:
        services = self.world.services
        consent = await load_consent(unit.connection, services.sealer, BRAND.name, self.consent_id)
        assert consent is not None
        await change_consent(unit, services, consent, ConsentEvent.CONSUME, actor=CLIENT.caller.actor)
        await unit.connection.execute(ORDERS.insert().values(id=self.order_id, consent_id=self.consent_id))
        fact = {"brand": BRAND.name, "kind": "order.placed", "aggregate_id": self.order_id, "at": START}
        unit.record(Entry(**fact, actor=CLIENT.caller.actor))
        unit.publish(Event(**fact, id=self.order_id, aggregate_version=1))
        self.moved.update(unit.versions)
        if self.fault is not None:
            raise self.fault
        return self.order_id


async def place(world, consent_id, order_id, fault=None):
    return await run(world, PlaceOrder(world, consent_id, order_id, fault))


async def run(world, command):
    subjects = await load_subjects(world.database, BRAND.name, command.consent_id)
    return await world.services.commands.run(command, closing=subjects)


async def authorised(world):
    consent = await world.lodge()
    browser = await world.browser().begin(await world.push(consent))
    await browser.log_in("alice")
    await browser.approve(0)
    return await world.store.load(BRAND, consent.id)


async def orders(world):
    return await Reader(world.database.read).all_of(ORDERS)


async def written(world):
    books = world.books
    written = (await orders(world), await books.consents.versions(), await books.records.entries(), await books.records.events())
    return [len(rows) for rows in written]


async def test_an_order_and_its_consent_commit_together(world):
    consent, before = await authorised(world), await written(world)
    command = PlaceOrder(world, consent.id, "order-1")
    assert await run(world, command) == "order-1"
    used = await world.store.load(BRAND, consent.id)
    assert (used.state, used.version) == (ConsentState.CONSUMED, consent.version + 1)
    assert await written(world) == [before[0] + 1, before[1] + 1, before[2] + 2, before[3] + 2]
    assert [row.kind for row in (await world.books.records.events())[-2:]] == ["consent.consumed", "order.placed"]
    assert command.moved == {consent_subject(BRAND.name, consent.id): used.version}, "no worker may believe the version before"


async def test_an_order_that_fails_leaves_its_consent_as_it_was(world):
    consent, before = await authorised(world), await written(world)
    with pytest.raises(RuntimeError):
        await place(world, consent.id, "order-1", RuntimeError("killed"))
    assert await world.store.load(BRAND, consent.id) == consent
    assert await written(world) == before


async def test_of_orders_at_once_one_uses_the_consent(world):
    consent = await authorised(world)
    placed = await asyncio.gather(*(place(world, consent.id, f"order-{n}") for n in range(4)), return_exceptions=True)
    assert sorted(type(each) is str for each in placed) == [False, False, False, True]
    assert {type(each) for each in placed} == {str, ConsentNotAuthorised}
    assert [row.id for row in await orders(world)] == [each for each in placed if isinstance(each, str)]
