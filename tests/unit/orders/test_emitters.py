"""Every event of an order's life is emitted by something: an act of its TPP, a signer, its bank, its people or time."""

from datetime import timedelta

import pytest

from kernel.banking.orders import RailStatus
from kernel.banking.signers import SigningRule
from kernel.errors import UpstreamTimedOut
from orders.changes import FACTS
from orders.machine import OrderEvent
from orders.staff import Ruling, Staff, Verdict
from tests.unit.orders.commands.test_receive import report
from tests.unit.orders.test_pricing import BEGINS, planned
from tests.world.brands import BRAND, START
from tests.world.operators import ANN
from tests.world.orders import OrdersWorld, orders_world, signature_of
from tests.world.payments_bank import FakeLedger


async def place(world):
    return await world.place()


async def half_sign(world):
    return await world.half_signed()


async def sign_one_of_three(world):
    rule = SigningRule(("c-erin", "c-frank", "c-grace"), 3)
    order = await world.place(await world.consent(signing_rules=(rule,)))
    await world.orders.sign(BRAND, order.id, signature_of("frank"))


async def sign_all(world):
    await world.orders.sign(BRAND, (await world.half_signed()).id, signature_of("frank"))


async def schedule(world):
    await world.place(execute_at=START + timedelta(hours=1))


async def fall_due(world):
    await schedule(world)
    world.clock.offset = timedelta(hours=1)
    await world.look()


async def pay(world):
    await world.work_out((await world.place()).id)


async def review(world, event=OrderEvent.HOLD_FOR_REVIEW):
    order = await world.place()
    await world.orders.decide(BRAND, order.id, event, people=("Ann",))
    return order


async def pass_review(world):
    order = await review(world)
    await world.orders.decide(BRAND, order.id, OrderEvent.PASS_REVIEW, people=("Ann",))


async def lose(world):
    world.bank.lost["submit"] = [UpstreamTimedOut("lost")]
    await pay(world)


async def credit(world):
    order = await world.place()
    await world.work_out(order.id)
    await world.orders.receive(BRAND, report(order, RailStatus.CREDITED))


async def refuse(world):
    world.bank.accepts = RailStatus.REJECTED
    await pay(world)


async def cancel(world):
    await review(world, OrderEvent.CANCEL)


async def propose(world):
    order = await world.place()
    world.bank.faults["submit"] = [silent]
    await world.work()
    world.bank.lost["status"] = [UpstreamTimedOut("no answer")]
    ruling = Ruling(verdict=Verdict.SETTLED, by=ANN, evidence="the statement of the rail")
    await Staff(room=world.room, upstream=world.bank).decide(BRAND, order.id, ruling)


def silent():
    raise UpstreamTimedOut("late")


async def contradict(world):
    order = await world.place()
    await world.work_out(order.id)
    await world.orders.receive(BRAND, report(order, RailStatus.REJECTED))


async def price(world):
    await planned(world)
    world.pass_time(BEGINS - world.clock.now())
    await world.look()


EMITTERS = {
    OrderEvent.RECEIVE: place,
    OrderEvent.AWAIT_SIGNATURES: half_sign,
    OrderEvent.SIGN: sign_one_of_three,
    OrderEvent.COMPLETE_SIGNATURES: sign_all,
    OrderEvent.SCHEDULE: schedule,
    OrderEvent.FALL_DUE: fall_due,
    OrderEvent.PRICE: price,
    OrderEvent.RESERVE: place,
    OrderEvent.HOLD_FOR_REVIEW: review,
    OrderEvent.PASS_REVIEW: pass_review,
    OrderEvent.SUBMIT: pay,
    OrderEvent.LOSE: lose,
    OrderEvent.MISS: lose,
    OrderEvent.PROGRESS: credit,
    OrderEvent.SETTLE: pay,
    OrderEvent.REJECT: refuse,
    OrderEvent.CANCEL: cancel,
    OrderEvent.PROPOSE: propose,
    OrderEvent.NOTE: contradict,
}


@pytest.fixture
async def reserving(migrated_sqlite_url) -> OrdersWorld:
    async with orders_world(migrated_sqlite_url, reserve=FakeLedger()) as made:
        yield made


def test_every_event_has_an_emitter():
    assert set(EMITTERS) == set(OrderEvent)


@pytest.mark.parametrize("event", OrderEvent)
async def test_an_event_is_emitted_and_published(reserving, event):
    await EMITTERS[event](reserving)
    records = await reserving.records()
    assert FACTS[event] in {kind for kind, _id in records.journal}
    assert FACTS[event] in {kind for kind, _id, _version in records.outbox}
