"""Every state that is not an end has a gauge of its age, whichever states there are."""

import re
from datetime import timedelta

from kernel.banking.orders import OPEN_STATES, OrderState
from orders.ages import REFRESH_EVERY, Ages
from tests.world.brands import BRAND

LINE = re.compile(r'^portcullis_(order_age_seconds|orders_open)\{brand="main",state="(\w+)"\} (\S+)$', re.MULTILINE)


def gauges(world):
    return {(name, state): float(value) for name, state, value in LINE.findall(world.telemetry.render().decode())}


def watched(world):
    ages = Ages(database=world.database, clock=world.clock, brand=BRAND)
    ages.watch(world.telemetry)
    return ages


async def test_every_open_state_has_a_gauge_and_no_end_has_one(world):
    watched(world)
    shown = gauges(world)
    assert {state for _name, state in shown} == {state.value for state in OrderState} - {"settled", "rejected", "cancelled"}
    assert len(shown) == 2 * len(OPEN_STATES)
    assert set(shown.values()) == {0.0}


async def test_a_gauge_shows_the_age_of_the_oldest(world):
    ages = watched(world)
    await world.half_signed()
    world.pass_time(timedelta(minutes=1))
    await world.half_signed()
    await world.place()
    await ages.refresh()
    world.pass_time(timedelta(seconds=5))
    shown = gauges(world)
    assert shown["order_age_seconds", "awaiting_authorisation"] == 65
    assert shown["orders_open", "awaiting_authorisation"] == 2
    assert shown["order_age_seconds", "received"] == 5
    assert shown["orders_open", "submitted"] == 0


async def test_an_order_that_has_ended_ages_no_more(world):
    ages = watched(world)
    order = await world.place()
    await ages.refresh()
    await world.work_out(order.id)
    world.pass_time(REFRESH_EVERY)
    await ages.refresh()
    assert set(gauges(world).values()) == {0.0}


async def test_orders_are_counted_now_and_then(world):
    ages = watched(world)
    await ages.refresh()
    before = world.database.statements
    await ages.refresh()
    assert world.database.statements == before
