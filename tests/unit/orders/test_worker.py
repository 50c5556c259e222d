"""Workers: the one that accepts an order makes the first attempt, any takes what is due, and one that stops finishes what it has."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from types import SimpleNamespace

import pytest

import orders.worker
from kernel.banking.orders import OrderState, RailStatus
from orders.services import PaymentOrders
from orders.tables import orders as orders_table
from tests.harness.patience import PATIENCE_SECONDS
from tests.world.brands import BRAND
from tests.world.payments_bank import FakeBank

WORKERS = 4
ORDERS = 24


class WatchedBank(FakeBank):
    """`submitted` is set with the first payment, and no payment is answered before `may_answer` is."""

    def watch(self):
        self.submitted, self.may_answer = asyncio.Event(), asyncio.Event()
        self.may_answer.set()
        self.accepts = RailStatus.SETTLED
        return self

    async def submit(self, brand, transfer):
        self.submitted.set()
        await self.may_answer.wait()
        return await super().submit(brand, transfer)


@pytest.fixture
def watched(world):
    world.bank = WatchedBank(world.clock).watch()
    return world


def served(world, worker):
    return replace(world.orders, workers={BRAND.name: worker})


def submitter_that(world, advance):
    """One that advances orders in its own way."""
    return SimpleNamespace(advance=advance, room=world.room, brand=BRAND)


async def state_of(world, order):
    return (await world.tracked(order.id)).order.state


async def test_the_worker_that_accepts_an_order_makes_the_first_attempt(watched):
    """At once: it has the order from its first commit on, and no one claims it."""
    worker = watched.worker()
    order = await watched.place(orders=served(watched, worker))
    assert (await watched.tracked(order.id)).fence == 1
    assert await watched.claim() == ()
    await watched.bank.submitted.wait()
    await worker.finish()
    assert await state_of(watched, order) is OrderState.SETTLED
    assert (await watched.tracked(order.id)).fence == 1


async def test_a_repeat_begins_nothing(watched):
    worker = watched.worker()
    consent = await watched.consent()
    for _ in range(3):
        await watched.place(consent, orders=served(watched, worker))
    await worker.finish()
    assert [question for question, _ in watched.bank.asked] == ["reserve", "submit"]


async def test_an_order_that_waits_for_signatures_is_not_begun(watched):
    worker = watched.worker()
    order = await watched.half_signed(orders=served(watched, worker))
    assert worker.free == worker.at_once
    assert await state_of(watched, order) is OrderState.AWAITING_AUTHORISATION


async def test_a_worker_finds_what_another_process_left(watched):
    order = await watched.place()
    async with watched.worker().lifetime():
        await watched.bank.submitted.wait()
    assert await state_of(watched, order) is OrderState.SETTLED


async def test_an_order_of_a_killed_worker_is_taken_once_its_lease_has_run_out(both_world):
    world = both_world
    worker = world.worker()
    worker.submitter = submitter_that(world, lambda _claim, _known: asyncio.sleep(0))  # killed right after its commit
    order = await world.place(orders=served(world, worker))
    assert await world.claim() == ()
    world.pass_time(world.room.pace.lease)
    (claim,) = await world.claim()
    assert (claim.order_id, claim.fence) == (order.id, 2)


async def test_a_worker_that_stops_finishes_what_it_has_and_takes_nothing_more(watched):
    watched.bank.may_answer.clear()
    async with AsyncExitStack() as stack:
        worker = await stack.enter_async_context(watched.worker().lifetime())
        first = await watched.place(orders=served(watched, worker))
        await watched.bank.submitted.wait()
        closing = asyncio.ensure_future(stack.aclose())
        await asyncio.sleep(0)
        assert worker.free == 0
        second = await watched.place(orders=served(watched, worker))
        watched.bank.may_answer.set()
        await closing
    assert await state_of(watched, first) is OrderState.SETTLED
    assert await state_of(watched, second) is OrderState.RECEIVED
    assert [claim.order_id for claim in await watched.claim()] == [second.id]


async def test_an_order_that_a_stopping_worker_accepted_before_is_begun_while_it_waits_and_left_to_others_later(watched):
    watched.bank.may_answer.clear()
    worker = watched.worker()
    first, second, third = [await watched.place() for _ in range(3)]
    claims = {claim.order_id: claim for claim in await watched.claim()}
    worker.begin(claims[first.id])
    await watched.bank.submitted.wait()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(worker.lifetime())
        closing = asyncio.ensure_future(stack.aclose())
        while worker.free:  # noqa: ASYNC110  it stops in its next turn
            await asyncio.sleep(0)
        worker.begin(claims[second.id])
        watched.bank.may_answer.set()
        await closing
    worker.begin(claims[third.id])
    assert len(asyncio.all_tasks()) == 1
    assert [await state_of(watched, order) for order in (first, second, third)] == ["settled", "settled", "received"]


async def test_an_order_that_ends_while_its_worker_looks_wakes_it(watched, monkeypatch):
    monkeypatch.setattr(orders.worker, "LOOK_EVERY_SECONDS", None)  # for ever, unless it is woken
    order, worker, looked_again = await watched.place(), watched.worker(), asyncio.Event()
    (claim,) = await watched.claim()
    looks = iter([True])

    async def refresh():
        if next(looks, False):
            worker.begin(claim)
            await worker.finish()
        else:
            looked_again.set()

    worker.ages = SimpleNamespace(refresh=refresh)
    async with worker.lifetime(), asyncio.timeout(PATIENCE_SECONDS):
        await looked_again.wait()
    assert await state_of(watched, order) is OrderState.SETTLED


async def test_what_takes_too_long_is_left_to_others(watched, monkeypatch):
    monkeypatch.setattr(orders.worker, "GRACE_SECONDS", 0)
    watched.bank.may_answer.clear()
    async with watched.worker().lifetime() as worker:
        order = await watched.place(orders=served(watched, worker))
        await watched.bank.submitted.wait()
    assert await state_of(watched, order) is OrderState.SUBMITTED
    watched.bank.may_answer.set()
    assert (await watched.work_out(order.id)).state is OrderState.SETTLED


async def test_a_worker_takes_no_more_than_it_has_room_for(watched):
    watched.bank.may_answer.clear()
    worker = replace(watched.worker(), at_once=2)
    placed = [await watched.place() for _ in range(3)]
    assert await worker.look() == 2
    assert (worker.free, await worker.look()) == (0, 0)
    third = await watched.place(orders=served(watched, worker))
    assert (await watched.tracked(third.id)).due_at == watched.clock.wall()
    watched.bank.may_answer.set()
    await worker.finish()
    assert sorted([await state_of(watched, order) for order in placed]) == ["received", "settled", "settled"]


async def test_several_workers_share_what_is_due_and_pay_each_order_once(both_world):
    world = both_world
    world.bank.accepts = RailStatus.SETTLED
    placed = [await world.place() for _ in range(ORDERS)]
    workers = [replace(world.worker(), at_once=ORDERS // WORKERS) for _ in range(WORKERS)]
    taken = await asyncio.gather(*(worker.look() for worker in workers))
    assert sum(taken) == ORDERS
    await asyncio.gather(*(worker.finish() for worker in workers))
    assert {await state_of(world, order) for order in placed} == {OrderState.SETTLED}
    assert set(world.bank.carried_out.values()) == {1}
    assert {row.fence for row in await world.rows(orders_table)} == {2}


async def test_one_order_that_fails_holds_up_no_other(watched):
    """Its adapter answers, and what is written down of it fails."""
    bad, good = await watched.place(), await watched.place()
    worker = watched.worker()
    advance = worker.submitter.advance

    async def failing(claim, known):
        if claim.order_id == bad.id:
            raise RuntimeError("broken")
        await advance(claim, known)

    worker.submitter = submitter_that(watched, failing)
    assert await worker.look() == 2
    await worker.finish()
    assert await state_of(watched, good) is OrderState.SETTLED
    assert await state_of(watched, bad) is OrderState.RECEIVED


async def test_a_worker_goes_on_looking_when_the_database_was_away(watched, monkeypatch):
    monkeypatch.setattr(orders.worker, "LOOK_EVERY_SECONDS", 0)
    worker = watched.worker()
    look, failures = worker.ages.refresh, iter([RuntimeError("away"), None])

    async def refresh():
        if error := next(failures, None):
            raise error
        await look()

    worker.ages = SimpleNamespace(refresh=refresh)
    order = await watched.place()
    async with worker.lifetime():
        await watched.bank.submitted.wait()
    assert await state_of(watched, order) is OrderState.SETTLED


async def test_orders_of_another_brand_are_not_seen(watched):
    await watched.place()
    other = replace(BRAND, name="other")
    worker = watched.worker()
    worker.submitter = replace(worker.submitter, brand=other)
    assert await worker.look() == 0
    assert await PaymentOrders(room=watched.room).history(other, "any") == ()
