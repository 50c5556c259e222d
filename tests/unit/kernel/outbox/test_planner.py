"""Lanes are made for all that is new, in any order."""

import asyncio
from datetime import timedelta

from kernel.outbox import planner
from kernel.outbox.ports import SinkRefused
from tests.unit.kernel.outbox.world import EVENTS, OUTBOX, ScriptedSink


async def test_a_lane_begins_with_the_lowest_event_although_a_later_one_seems_older(world, monkeypatch):
    """A moved business clock may give version 1 a later time than version 2: a bounded batch finds 2 first."""
    monkeypatch.setattr(planner, "PLAN_ROWS", 1)
    sink = ScriptedSink("one")
    await world.write("a", 2)
    world.clock.offset += timedelta(hours=1)
    await world.write("a", 1)
    await world.plan("one")
    await world.dispatch(sink)
    assert sink.versions("a") == [1, 2]


async def test_a_run_plans_more_than_a_batch(world, monkeypatch):
    monkeypatch.setattr(planner, "PLAN_ROWS", 3)
    for number in range(10):
        await world.write(f"a{number}", 1)
    await world.plan("one")
    assert len(await world.rows(OUTBOX.lanes)) == 10


async def test_a_later_event_joins_its_lane_and_leaves_a_failure_as_it_is(world):
    await world.write("a", 1)
    await world.plan("one")
    await world.dispatch(ScriptedSink("one", fault=lambda _: SinkRefused("no")))
    (before,) = await world.rows(OUTBOX.lanes)
    await world.write("a", 2)
    await world.plan("one")
    assert await world.rows(OUTBOX.lanes) == [before]


async def test_a_sink_that_is_added_begins_with_what_comes_then(world):
    one, added = ScriptedSink("one"), ScriptedSink("added")
    await world.write("a", 1)
    await world.plan("one")
    await world.write("a", 2)
    await world.plan("one", "added")
    for sink in (one, added):
        await world.dispatch(sink)
    assert (one.versions("a"), added.versions("a")) == ([1, 2], [2])
    assert await world.undelivered() == []


async def test_a_version_that_came_after_its_successors_was_delivered_is_delivered_too(world):
    sink = ScriptedSink("one", fault=lambda each: SinkRefused("no") if each.aggregate_version == 3 else None)
    await world.write("a", 2, 3)
    await world.plan("one")
    await world.dispatch(sink)
    await world.write("a", 1)
    await world.plan("one")
    sink.fault = lambda _: None
    world.clock.advance(timedelta(hours=1))
    await world.dispatch(sink)
    assert set(sink.versions("a")) == {1, 2, 3}
    assert await world.undelivered() == []


async def test_planners_and_dispatchers_that_run_at_once_never_wait_for_each_other_in_a_circle(world):
    sinks = [ScriptedSink(f"s{number}") for number in range(3)]

    async def write_and_plan():
        for version in range(1, 8):
            for aggregate_id in ("a", "B", "c", "Ä", "_"):
                await world.write(aggregate_id, version)
            await world.plan(*(sink.name for sink in sinks))

    async def deliver(sink):
        for _ in range(10):
            await world.dispatch(sink)

    await asyncio.gather(write_and_plan(), *(deliver(sink) for sink in sinks))
    for sink in sinks:
        await world.dispatch(sink)
        assert sink.versions("B") == list(range(1, 8))
    assert world.database.deadlocks == 0
    assert {row.delivered_at is None for row in await world.rows(EVENTS)} == {False}
