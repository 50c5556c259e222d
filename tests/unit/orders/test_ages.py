"""Every state that is not an end has a gauge of its age, whichever states there are."""

import re
from dataclasses import replace
from datetime import timedelta

from kernel.banking.orders import OPEN_STATES, OrderState, RailStatus
from orders.ages import ODD_WATCHED, REFRESH_EVERY, Ages
from orders.commands.receive import Report
from orders.ports import Progress
from orders.rows.inbox import ODD_EFFECTS
from tests.world.brands import BRAND, START

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


async def test_messages_of_the_last_day_that_fit_no_order_have_gauges(both_world):
    world = both_world
    ages = watched(world)
    line = re.compile(r'^portcullis_(inbox_\w+)\{brand="main",effect="(\w+)"\} (\S+)$', re.MULTILINE)

    def shown():
        return {(name, effect): float(value) for name, effect, value in line.findall(world.telemetry.render().decode())}

    assert shown() == {(name, effect): 0.0 for name in ("inbox_age_seconds", "inbox_messages") for effect in sorted(ODD_EFFECTS)}
    order = await world.place()
    progress = Progress(status=RailStatus.SETTLED, at=START)
    strange = Report(source="rail", message_id="m-1", uetr="another", progress=progress, message=b"<a/>")
    await world.orders.receive(BRAND, strange)
    await world.orders.receive(BRAND, replace(strange, message_id="m-2", uetr=order.uetr, order_id="another"))
    for message in (b"<a/>", b"<b/>"):
        await world.orders.receive(BRAND, replace(strange, message_id="m-3", uetr=order.uetr, message=message))
    world.pass_time(timedelta(seconds=30))
    await ages.refresh()
    assert shown() == {
        ("inbox_age_seconds", "unmatched"): 30,
        ("inbox_age_seconds", "mismatched"): 30,
        ("inbox_age_seconds", "reused"): 30,
        ("inbox_messages", "reused"): 1,
        ("inbox_messages", "unmatched"): 1,
        ("inbox_messages", "mismatched"): 1,
    }
    world.pass_time(ODD_WATCHED)
    await ages.refresh()
    assert set(shown().values()) == {0.0}


OVERDUE = re.compile(r'^portcullis_(order_overdue_seconds|orders_overdue)\{act="(\w+)",brand="main"\} (\S+)$', re.MULTILINE)


def overdue(world):
    return {(name, act): float(value) for name, act, value in OVERDUE.findall(world.telemetry.render().decode())}


async def test_a_refused_order_for_which_the_bank_may_hold_something_is_shown(both_world):
    world, ages = both_world, watched(both_world)
    world.bank.accepts = RailStatus.REJECTED
    world.bank.lost["release"] = [RuntimeError("down")]
    order = await world.place()
    await world.work()
    world.pass_time(timedelta(minutes=1))
    await ages.refresh()
    assert overdue(world)["orders_overdue", "release"] == 1
    assert overdue(world)["order_overdue_seconds", "release"] == 60
    await world.work_out(order.id)
    world.pass_time(REFRESH_EVERY)
    await ages.refresh()
    assert set(overdue(world).values()) == {0.0}


async def test_a_scheduled_order_whose_day_has_come_is_shown(world):
    ages = watched(world)
    await world.place(execute_at=START + timedelta(hours=1))
    await world.place(execute_at=START + timedelta(days=9))
    world.pass_time(timedelta(hours=2))
    await ages.refresh()
    assert overdue(world) == {
        ("order_overdue_seconds", "release"): 0,
        ("orders_overdue", "release"): 0,
        ("order_overdue_seconds", "fall_due"): 3600,
        ("orders_overdue", "fall_due"): 1,
    }
