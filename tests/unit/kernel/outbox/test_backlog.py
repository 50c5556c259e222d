"""The backlog of a sink, as the metrics say it."""

import math
from datetime import timedelta

import pytest

from kernel.outbox.backlog import COUNT_EVERY, COUNT_KEPT, Backlog, Waiting
from kernel.outbox.pace import REFUSED_MAX, pause_after
from kernel.outbox.ports import SinkRefused
from tests.harness.paper_bank import BRAND
from tests.unit.kernel.outbox.world import OUTBOX, ScriptedSink


def ages(backlog):
    return {state: backlog.state_age_seconds(state) for state in Waiting}


@pytest.fixture
def backlog(world):
    return Backlog(outboxes=(OUTBOX,), database=world.database, clock=world.clock, brand=BRAND, sink="one")


async def test_the_age_is_of_the_oldest_event_that_the_sink_has_not_got(world, backlog):
    await backlog.refresh()
    assert (backlog.age_seconds(), backlog.parked()) == (0, 0)
    await world.write("a", 1)
    world.clock.advance(COUNT_EVERY)
    await backlog.refresh()
    assert backlog.age_seconds() == COUNT_EVERY.total_seconds()
    assert ages(backlog) == {Waiting.UNPLANNED: COUNT_EVERY.total_seconds(), Waiting.DUE: 0, Waiting.PARKED: 0}
    await world.plan("one", "other")
    world.clock.advance(COUNT_EVERY)
    await backlog.refresh()
    assert backlog.age_seconds() == COUNT_EVERY.total_seconds()
    assert ages(backlog) == {Waiting.UNPLANNED: 0, Waiting.DUE: COUNT_EVERY.total_seconds(), Waiting.PARKED: 0}
    await world.dispatch(ScriptedSink("one"))
    world.clock.advance(COUNT_EVERY)
    await backlog.refresh()
    assert backlog.age_seconds() == 0


async def test_parked_aggregates_are_counted_and_age(world, backlog):
    sink = ScriptedSink("one", fault=lambda _: SinkRefused("no"))
    await world.write("a", 1, 2)
    await world.plan("one")
    for attempts in range(1, REFUSED_MAX + 1):
        await world.dispatch(sink)
        world.clock.advance(pause_after(attempts))
    await backlog.refresh()
    assert backlog.parked() == 1
    assert backlog.age_seconds() > 60
    assert ages(backlog) == {Waiting.UNPLANNED: 0, Waiting.DUE: 0, Waiting.PARKED: backlog.age_seconds()}


async def test_a_server_that_does_not_deliver_gives_no_number(world, backlog):
    """What it counted last is long over: the one that delivers says."""
    assert math.isnan(backlog.age_seconds())
    await backlog.refresh()
    world.clock.advance(COUNT_KEPT - timedelta(seconds=1))
    assert backlog.parked() == 0
    world.clock.advance(timedelta(seconds=1))
    assert math.isnan(backlog.age_seconds())
    assert math.isnan(backlog.parked())
    assert all(map(math.isnan, ages(backlog).values()))
