"""Orders are taken when they are due, the longest due first, each by one worker at a time."""

import asyncio
from datetime import timedelta

from kernel.banking.orders import OrderState
from orders.commands.claim import TurnWaiting
from orders.tables import orders
from tests.world.brands import BRAND, START
from tests.world.orders import orders_world

ORDERS = 20


async def test_the_longest_due_come_first_and_no_more_than_are_asked_for(world):
    placed = []
    for _ in range(3):
        placed.append((await world.place()).id)
        world.pass_time(timedelta(seconds=1))
    assert {claim.order_id for claim in await world.claim(2)} == set(placed[:2])
    assert [claim.order_id for claim in await world.claim(2)] == placed[2:]
    assert await world.claim(2) == ()


async def test_what_one_has_taken_no_other_takes_while_the_lease_lasts(both_world):
    world = both_world
    for _ in range(ORDERS):
        await world.place()
    taken = await asyncio.gather(*(world.claim(ORDERS) for _ in range(4)))
    ids = [claim.order_id for claims in taken for claim in claims]
    assert len(ids) == len(set(ids)) == ORDERS
    world.pass_time(world.room.pace.lease - timedelta(microseconds=1))
    assert await world.claim() == ()
    world.pass_time(timedelta(microseconds=1))
    assert {claim.fence for claim in await world.claim()} == {2 + 1}


async def test_a_held_row_is_not_waited_for(migrated_url):
    """A worker that looks for work never stands behind another's transaction."""
    async with orders_world(migrated_url) as world:
        if world.database.is_sqlite:  # which has one writer at a time
            return
        first, second = await world.place(), await world.place()
        async with world.database._writers.begin() as connection:
            await connection.execute(orders.select().where(orders.c.id == first.id).with_for_update())
            assert [claim.order_id for claim in await world.claim()] == [second.id]


async def test_a_jump_of_business_time_makes_what_is_scheduled_due_and_no_lease_run_out(world):
    """A lease is of protocol time, which no one moves; a clock that goes back undoes nothing."""
    taken = await world.place()
    await world.claim()
    scheduled = await world.place(execute_at=START + timedelta(days=30))
    world.clock.offset = timedelta(days=30)
    assert await world.room.commands.run(TurnWaiting(room=world.room, brand=BRAND, most=10)) == 1
    world.clock.offset = -timedelta(days=30)
    assert await world.room.commands.run(TurnWaiting(room=world.room, brand=BRAND, most=10)) == 0
    assert (await world.tracked(scheduled.id)).order.state is OrderState.RECEIVED
    assert [claim.order_id for claim in await world.claim()] == [scheduled.id]
    assert (await world.tracked(taken.id)).fence == 2


async def test_a_scheduled_order_runs_at_its_time_and_not_before(world):
    order = await world.place(execute_at=START + timedelta(hours=1))
    world.pass_time(timedelta(hours=1) - timedelta(microseconds=1))
    assert await world.look() == 0
    world.pass_time(timedelta(microseconds=1))
    assert await world.look() == 1
    assert (await world.work_out(order.id)).state is OrderState.SETTLED
    assert await world.history(order.id) == ["receive", "schedule", "fall_due", "reserve", "submit", "settle"]
