"""Orders and messages go when their time has passed, with all that belongs to them, and not before."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

import orders.janitor
from kernel.banking.orders import RailStatus
from kernel.storage.lease import LeaseLost
from orders import tables
from orders.commands.past_rows import ORDERS_KEPT
from orders.janitor import Janitor
from orders.rows.inbox import MESSAGES_KEPT
from orders.tables import inbox, instruction_events, instructions, order_attempts, order_events, order_signers, planned_payments
from orders.tables import orders as orders_table
from tests.unit.orders.commands.test_receive import report
from tests.world.brands import BRAND, START
from tests.world.orders import signature_of

OF_ORDERS = (orders_table, instructions, order_events, order_attempts, order_signers)


class Held:
    """A lease that was lost, or not."""

    def __init__(self, is_lost=False):
        self.is_lost = is_lost

    async def check_fence(self, _connection):
        if self.is_lost:
            raise LeaseLost("orders")


async def clean(world, **facts):
    await Janitor(commands=world.room.commands, clock=world.clock, brand=BRAND).run(Held(**facts))


async def counts(world, *tables):
    return [len(await world.rows(table)) for table in tables]


async def ended(world):
    """One that two signed, and that is settled."""
    order = await world.half_signed()
    await world.orders.sign(BRAND, order.id, signature_of("frank"))
    return await world.work_out(order.id)


async def test_an_order_goes_with_all_that_belongs_to_it(both_world):
    world = both_world
    await ended(world)
    world.pass_time(ORDERS_KEPT - timedelta(seconds=1))
    await clean(world)
    assert 0 not in await counts(world, *OF_ORDERS)
    world.pass_time(timedelta(days=1))
    await clean(world)
    assert await counts(world, *OF_ORDERS) == [0] * len(OF_ORDERS)


async def test_an_order_that_has_not_ended_stays_however_old_it_is(world):
    await world.half_signed()
    world.pass_time(2 * ORDERS_KEPT)
    await clean(world)
    assert await counts(world, orders_table, instructions) == [1, 1]


async def test_an_order_with_something_left_to_do_stays(world):
    world.bank.accepts = RailStatus.REJECTED
    world.bank.lost["release"] = [RuntimeError("down")]
    order = await world.place()
    await world.work()
    world.pass_time(2 * ORDERS_KEPT)
    await clean(world)
    assert (await world.tracked(order.id)).due_at is not None


async def test_an_order_that_only_its_row_says_to_have_ended_stays(both_world):
    """Someone has written the row; its history says what happened."""
    world = both_world
    await world.half_signed()
    written = orders_table.update().values(state="rejected", turns_at=None)
    await world.database.write(lambda connection: connection.execute(written))
    world.pass_time(2 * ORDERS_KEPT)
    await clean(world)
    assert 0 not in await counts(world, orders_table, order_events, order_signers, instructions)


async def instruct(world, executions, first, *later):
    """Make the instruction of the first order one of so many executions, `later` ones among them."""

    async def work(connection):
        for number, order in enumerate(later, start=2):
            mine = orders_table.update().where(orders_table.c.id == order.id)
            await connection.execute(mine.values(instruction_id=first.instruction_id, execution=number))
        await connection.execute(instructions.update().values(executions=executions))
        await connection.execute(instructions.delete().where(instructions.c.id.not_in(sa.select(orders_table.c.instruction_id))))

    await world.database.write(work)


async def test_orders_of_an_instruction_with_more_to_carry_out_stay_with_it(both_world):
    """An execution that is gone could be made again."""
    world = both_world
    await instruct(world, 2, await ended(world))
    world.pass_time(2 * ORDERS_KEPT)
    await clean(world)
    assert 0 not in await counts(world, *OF_ORDERS)


async def test_a_large_instruction_that_is_over_goes_in_batches(both_world, monkeypatch):
    monkeypatch.setattr(orders.janitor, "BATCH_ROWS", 2)
    world = both_world
    await instruct(world, 5, *[await ended(world) for _ in range(5)])
    world.pass_time(2 * ORDERS_KEPT)
    await clean(world)
    assert await counts(world, *OF_ORDERS) == [0] * len(OF_ORDERS)


async def test_messages_are_kept_as_long_as_orders(both_world):
    world = both_world
    order = await ended(world)
    await world.orders.receive(BRAND, report(order, RailStatus.CREDITED))
    assert MESSAGES_KEPT == ORDERS_KEPT
    world.pass_time(ORDERS_KEPT - timedelta(days=1))
    await clean(world)
    assert await counts(world, inbox, orders_table) == [1, 1]
    world.pass_time(timedelta(days=2))
    await clean(world)
    assert await counts(world, inbox, orders_table) == [0, 0]


async def test_a_backlog_goes_in_batches(world, monkeypatch):
    monkeypatch.setattr(orders.janitor, "BATCH_ROWS", 2)
    for _ in range(5):
        await ended(world)
    world.pass_time(2 * ORDERS_KEPT)
    await clean(world)
    assert await counts(world, *OF_ORDERS) == [0] * len(OF_ORDERS)


async def test_a_janitor_that_was_succeeded_removes_nothing(world):
    await ended(world)
    world.pass_time(2 * ORDERS_KEPT)
    with pytest.raises(LeaseLost):
        await clean(world, is_lost=True)
    assert 0 not in await counts(world, *OF_ORDERS)


def test_every_table_has_a_time_limit():
    own = {table for table in vars(tables).values() if isinstance(table, sa.Table)}
    assert own == {*OF_ORDERS, inbox, instruction_events, planned_payments}


async def test_a_planned_payment_is_in_the_index_until_its_day(world):
    order = await world.place(execute_at=START + timedelta(hours=1))
    assert await counts(world, planned_payments) == [1]
    world.pass_time(timedelta(hours=1))
    await world.look()
    await world.work_out(order.id)
    assert await counts(world, planned_payments) == [0]
