"""Orders are taken when they are due, the longest due first, each by one worker at a time."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from kernel.banking.orders import OrderState, RailStatus
from orders.commands.claim import TurnWaiting
from orders.tables import orders
from tests.world.brands import BRAND, START
from tests.world.orders import orders_world

ORDERS = 20


async def turn(world):
    return await world.room.commands.run(TurnWaiting(room=world.room, brand=BRAND, most=10))


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
    assert (await turn(world)).number == 1
    world.clock.offset = -timedelta(days=30)
    assert (await turn(world)).number == 0
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


async def test_rows_that_cannot_be_read_hold_up_no_other(both_world):
    """Neither the order before them nor the one after: not even where they fill a whole look."""
    world, worker = both_world, replace(both_world.worker(), at_once=2)
    world.bank.accepts = RailStatus.SETTLED
    placed = [(await world.place(execute_at=START + timedelta(hours=1, minutes=number))).id for number in range(6)]
    spoilt = orders.update().where(orders.c.id.in_(placed[1:5])).values(details=b"not sealed")
    await world.database.write(lambda connection: connection.execute(spoilt))
    world.pass_time(timedelta(hours=2))
    for _ in range(4):
        await worker.look()
    await worker.finish()
    assert [(await world.tracked(order_id)).order.state for order_id in (placed[0], placed[5])] == [OrderState.SETTLED] * 2
    assert world.unreadable == 4  # each once, however often it is passed over
    states = {row.id: row.state for row in await world.rows(orders)}
    assert {states[order_id] for order_id in placed[1:5]} == {OrderState.SCHEDULED.value}


async def test_a_row_whose_state_does_not_turn_holds_up_no_other(world):
    """Its time stands there, although its state waits for none: someone has changed the database."""
    placed = [(await world.place(execute_at=START + timedelta(hours=1))).id for _ in range(2)]
    spoilt = orders.update().where(orders.c.id == placed[0]).values(state=OrderState.SETTLED.value)
    await world.database.write(lambda connection: connection.execute(spoilt))
    world.pass_time(timedelta(hours=1))
    turned = await turn(world)
    assert (turned.number, [*turned.passed_over]) == (1, [placed[0]])
