"""Events leave the outbox when every sink has them, and where none is, after a while."""

from datetime import timedelta

from kernel.outbox.janitor import DELIVERED_KEPT, TRIM_ROWS, UNSENT_KEPT
from kernel.outbox.ports import SinkUnanswered
from tests.unit.kernel.outbox.world import EVENTS, JOURNAL, OUTBOX, ScriptedSink


async def test_what_every_sink_has_is_trimmed_after_a_while(world):
    await world.write("a", *range(1, TRIM_ROWS + 2))
    await world.plan("one")
    await world.dispatch(ScriptedSink("one"))
    await world.trim()
    assert len(await world.rows(EVENTS)) == TRIM_ROWS + 1
    world.clock.advance(DELIVERED_KEPT)
    await world.trim()
    assert await world.rows(EVENTS) == []


async def test_what_one_sink_has_not_got_is_kept_however_old(world):
    await world.write("a", 1)
    await world.plan("one", "other")
    await world.dispatch(ScriptedSink("one"))
    await world.dispatch(ScriptedSink("other", fault=lambda _: SinkUnanswered("away")))
    await world.write("b", 1)
    world.clock.advance(timedelta(days=400))
    await world.trim()
    assert {row.id for row in await world.rows(EVENTS)} == {"a.1", "b.1"}


async def test_without_a_sink_events_are_kept_for_a_while(world):
    await world.write("a", 1)
    world.clock.advance(timedelta(days=1))
    await world.write("a", 2)
    world.clock.advance(UNSENT_KEPT - timedelta(days=1))
    await world.trim()
    assert [row.id for row in await world.rows(EVENTS)] == ["a.2"]


async def test_a_moved_business_clock_trims_nothing_early(world):
    await world.write("a", 1)
    world.clock.offset = timedelta(days=400)
    await world.trim()
    assert len(await world.rows(EVENTS)) == 1


async def test_the_first_sink_gets_what_was_kept(world):
    sink = ScriptedSink("one")
    await world.write("a", 1, 2)
    await world.trim()
    await world.plan("one")
    await world.dispatch(sink)
    assert sink.versions("a") == [1, 2]


async def test_a_server_without_a_sink_of_others_drops_none_of_its_events(world):
    """While a configuration is rolled out, servers of both run: each plans for every registered sink, whichever runs the singletons."""
    fresh = ScriptedSink("fresh")
    await world.write("a", 1)
    await world.plan("one", "fresh")
    await world.write("b", 1)
    await world.plan("one")
    await world.trim()
    await world.dispatch(fresh)
    assert (fresh.versions("a"), fresh.versions("b")) == ([1], [1])


async def test_a_sink_holds_up_its_events_until_a_person_forgets_it(world):
    await world.write("a", 1)
    await world.plan("one", "gone")
    await world.dispatch(ScriptedSink("one"))
    await world.trim()
    assert await world.undelivered() == ["a.1"]
    assert await world.forget("gone") == 1
    assert await world.undelivered() == []
    assert await world.rows(OUTBOX.lanes) == []
    assert [(row.kind, row.aggregate_id) for row in await world.rows(JOURNAL)] == [("sink.forgotten", "gone")]


async def test_a_forgotten_sink_gets_nothing_more_and_leaves_the_others_their_events(world):
    sink, gone = ScriptedSink("one"), ScriptedSink("gone")
    await world.write("a", 1, 2)
    await world.plan("one", "gone")
    await world.forget("gone")
    await world.write("a", 3)
    await world.plan("one")
    for each in (sink, gone):
        await world.dispatch(each)
    assert (sink.versions("a"), gone.versions("a")) == ([1, 2, 3], [])


async def test_to_forget_a_sink_that_was_never_there_leaves_no_trace(world):
    assert await world.forget("none") == 0
    assert await world.rows(JOURNAL) == []
