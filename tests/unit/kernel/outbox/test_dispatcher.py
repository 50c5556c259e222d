"""Delivery of the outbox: at least once, in order of each aggregate, by each sink for itself."""

import asyncio
from datetime import timedelta

import pytest

from kernel.outbox.dispatcher import EVENTS_PER_LANE, LANES_PER_ROUND
from kernel.outbox.pace import REFUSED_MAX, UNANSWERED_MAX, is_spent, pause_after
from kernel.outbox.parked import ReleaseParked, load_parked
from kernel.outbox.ports import SinkClosed, SinkRefused, SinkUnanswered
from kernel.storage.lease import LeaseLost
from tests.harness.paper_bank import BRAND
from tests.unit.kernel.outbox.world import EVENTS, JOURNAL, OUTBOX, ScriptedSink


async def test_each_sink_gets_every_event_once_and_in_order(world):
    one, other = ScriptedSink("one"), ScriptedSink("other")
    await world.write("a", 1, 2, 3)
    await world.write("b", 1)
    await world.plan("one", "other")
    for sink in (one, other, one):
        await world.dispatch(sink)
    for sink in (one, other):
        assert sink.versions("a") == [1, 2, 3]
        assert sink.versions("b") == [1]
    assert await world.undelivered() == []
    assert await world.rows(OUTBOX.lanes) == []


async def test_an_event_is_delivered_when_the_last_sink_has_it(world):
    one, other = ScriptedSink("one"), ScriptedSink("other", fault=lambda _: SinkUnanswered("away"))
    await world.write("a", 1)
    await world.plan("one", "other")
    for sink in (one, other):
        await world.dispatch(sink)
    assert await world.undelivered() == ["a.1"]
    other.fault = lambda _: None
    world.clock.advance(pause_after(1))
    await world.dispatch(other)
    assert await world.undelivered() == []
    assert len(one.taken) == 1


async def test_two_sinks_that_end_with_an_event_at_one_moment_leave_it_delivered(world):
    sinks = [ScriptedSink(f"s{number}") for number in range(3)]
    await world.write("a", 1, 2)
    await world.plan(*(sink.name for sink in sinks))
    await asyncio.gather(*(world.dispatch(sink) for sink in sinks))
    assert await world.undelivered() == []


async def test_an_event_that_commits_after_a_later_one_of_another_aggregate_is_not_missed(world):
    """Nothing is found by an id or a time beyond the last one seen."""
    sink = ScriptedSink("one")
    await world.write("b", 1)
    await world.plan("one")
    await world.dispatch(sink)
    world.clock.offset = timedelta(hours=-1)
    await world.write("a", 1)
    await world.plan("one")
    await world.dispatch(sink)
    assert [each.id for each in sink.taken] == ["b.1", "a.1"]


async def test_an_event_that_is_written_while_its_lane_ends_is_delivered(world):
    sink = ScriptedSink("one")
    await world.write("a", 1)
    await world.plan("one")

    async def write_more():
        await world.write("a", 2)
        await world.plan("one")

    await asyncio.gather(world.dispatch(sink), write_more())
    await world.dispatch(sink)
    assert sink.versions("a") == [1, 2]
    assert await world.undelivered() == []


async def test_more_than_a_round_holds_is_delivered_in_one_run(world):
    sink = ScriptedSink("one")
    await world.write("long", *range(1, 2 * EVENTS_PER_LANE))
    for number in range(LANES_PER_ROUND + 5):
        await world.write(f"s{number}", 1)
    await world.plan("one")
    await world.dispatch(sink)
    assert sink.versions("long") == list(range(1, 2 * EVENTS_PER_LANE))
    assert await world.undelivered() == []


async def test_a_failed_event_holds_up_its_own_aggregate_alone(world):
    sink = ScriptedSink("one", fault=lambda each: SinkRefused("status 422") if each.id == "a.2" else None)
    await world.write("a", 1, 2, 3)
    await world.write("b", 1, 2)
    await world.plan("one")
    await world.dispatch(sink)
    assert sink.versions("a") == [1]
    assert sink.versions("b") == [1, 2]
    (lane,) = await world.rows(OUTBOX.lanes)
    assert (lane.next_version, lane.attempts, lane.last_error) == (2, 1, "status 422")


async def test_a_refused_event_is_parked_after_bounded_tries_with_growing_pauses(world):
    sink = ScriptedSink("one", fault=lambda each: SinkRefused("status 422") if each.aggregate_id == "a" else None)
    await world.write("a", 1, 2)
    await world.plan("one")
    for attempts in range(1, REFUSED_MAX + 1):
        await world.dispatch(sink)
        assert sink.asked == attempts
        world.clock.advance(pause_after(attempts) - timedelta(microseconds=1))
        await world.dispatch(sink)
        assert sink.asked == attempts
        world.clock.advance(timedelta(microseconds=1))
    world.clock.advance(timedelta(days=30))
    await world.write("a", 3)
    await world.write("b", 1)
    await world.plan("one")
    await world.dispatch(sink)
    assert sink.versions("a") == []
    assert sink.versions("b") == [1]
    async with world.database.read() as connection:
        (parked,) = await load_parked(connection, OUTBOX, BRAND.name)
    assert (parked.event_id, parked.attempts, parked.reason, parked.waiting) == ("a.1", REFUSED_MAX, "status 422", 3)


async def test_what_is_released_goes_on_in_order_and_is_journalled(world):
    sink = ScriptedSink("one", fault=lambda _: SinkRefused("status 401"))
    for aggregate_id in ("a", "b"):
        await world.write(aggregate_id, 1, 2)
    await world.plan("one", "other")
    for attempts in range(1, REFUSED_MAX + 1):
        await world.dispatch(sink)
        world.clock.advance(pause_after(attempts))
    sink.fault = lambda _: None

    def release(which, name="one"):
        command = ReleaseParked(outbox=OUTBOX, brand=BRAND.name, sink=name, aggregate_id=which, now=world.clock.wall())
        return world.commands.run(command)

    assert await release("", name="other") == 0
    assert await release("a") == 1
    await world.dispatch(sink)
    assert (sink.versions("a"), sink.versions("b")) == ([1, 2], [])
    assert await release("") == 1
    await world.dispatch(sink)
    assert sink.versions("b") == [1, 2]
    assert [(row.kind, row.aggregate_id) for row in await world.rows(JOURNAL)] == [("sink.released", "one")] * 2


async def test_a_receiver_that_is_away_for_a_day_has_its_events_tried_again(world):
    """Silence says nothing about the event: it is parked after days, a refusal after minutes."""
    waited, attempts = timedelta(), 0
    while not is_spent(attempts, refused=False):
        attempts += 1
        waited += pause_after(attempts)
    assert attempts == UNANSWERED_MAX
    assert timedelta(days=2.5) < waited < timedelta(days=4)
    refused = sum((pause_after(each) for each in range(1, REFUSED_MAX)), timedelta())
    assert timedelta(minutes=5) < refused < timedelta(minutes=15)


async def test_an_open_circuit_is_no_attempt(world):
    sink = ScriptedSink("one", fault=lambda each: SinkClosed() if each.aggregate_version > 1 else None)
    await world.write("a", 1, 2)
    await world.plan("one")
    for _ in range(3 * REFUSED_MAX):
        await world.dispatch(sink)
    (lane,) = await world.rows(OUTBOX.lanes)
    assert (lane.next_version, lane.attempts, lane.parked_at) == (2, 0, None)
    sink.fault = lambda _: None
    await world.dispatch(sink)
    assert sink.versions("a") == [1, 2]


async def test_a_fault_of_a_sinks_own_code_holds_up_its_event_alone(world):
    sink = ScriptedSink("one", fault=lambda each: ValueError("a slip") if each.aggregate_id == "a" else None)
    await world.write("a", 1)
    await world.write("b", 1)
    await world.plan("one")
    await world.dispatch(sink)
    (lane,) = await world.rows(OUTBOX.lanes)
    assert lane.last_error == "the sink failed: ValueError"
    assert sink.versions("b") == [1]


async def test_who_has_lost_the_lease_sends_nothing_and_records_nothing(world):
    sink, late = ScriptedSink("one"), ScriptedSink("one")
    await world.write("a", 1)
    await world.plan("one")
    lost = await world.lease("events-one")
    await world.succeed("events-one")
    with pytest.raises(LeaseLost):
        await world.dispatcher(late).run(lost)
    assert late.taken == []
    assert await world.undelivered() == ["a.1"]
    await world.dispatch(sink)
    assert sink.versions("a") == [1]


async def test_a_lease_that_is_lost_while_an_event_is_on_its_way_records_nothing(world):
    """It may have reached the receiver: the next holder delivers it again, with the same id."""
    lost = await world.lease("events-one")

    class Losing(ScriptedSink):
        async def deliver(self, envelope):
            await super().deliver(envelope)
            await world.succeed("events-one")

    first, second = Losing("one"), ScriptedSink("one")
    await world.write("a", 1)
    await world.plan("one")
    with pytest.raises(LeaseLost):
        await world.dispatcher(first).run(lost)
    assert await world.undelivered() == ["a.1"]
    await world.dispatch(second)
    assert [each.id for each in first.taken] == [each.id for each in second.taken] == ["a.1"]


async def test_another_brands_events_are_left_alone(world):
    sink = ScriptedSink("one")
    await world.write("a", 1, brand="another")
    await world.plan("one")
    await world.dispatch(sink)
    assert sink.taken == []
    (row,) = await world.rows(EVENTS)
    assert row.planned_at is None
