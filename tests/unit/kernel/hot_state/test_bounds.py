"""The in-process hot state when its memory is full, and the map that it is kept in."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import ManualClock
from kernel.hot_state import in_process
from kernel.hot_state.checks import (
    Allowed,
    Current,
    FirstUse,
    Fresh,
    Replayed,
    Unavailable,
    Unknown,
    VersionIs,
    WithinCount,
    WithinRate,
)
from kernel.hot_state.expiring_map import ExpiringMap
from kernel.hot_state.in_process import InProcessHotState
from kernel.ids import SeededIds

BORN = datetime(2026, 1, 1, tzinfo=UTC)


class Seconds:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def small(monkeypatch, seconds):
    """Room for three of each."""
    for name in ("SUBJECTS_MAX", "RATES_MAX", "COUNTS_MAX", "FIRST_USES_MAX"):
        monkeypatch.setattr(in_process, name, 3)
    return InProcessHotState(seconds, ManualClock(BORN), SeededIds("a"))


async def decide(hot_state, check):
    return (await hot_state.decide([check]))[0]


async def test_a_full_memory_of_first_uses_fails_closed(small, seconds):
    """Forgetting one would let it happen again."""
    for name in "abc":
        assert await decide(small, FirstUse(name, 60)) == Fresh()
    assert await decide(small, FirstUse("d", 60)) == Unavailable()
    assert await decide(small, FirstUse("a", 60)) == Replayed()
    seconds.now += 61
    assert await decide(small, FirstUse("d", 60)) == Fresh()


async def test_nothing_else_is_spent_when_first_uses_cannot_be_kept(small):
    for name in "abc":
        await decide(small, FirstUse(name, 60))
    rate = WithinRate("r", 5, 60)
    await small.decide([rate, FirstUse("d", 60)])
    assert await small.decide([rate], spend=False) == (Allowed(5, 5, 0),)


async def test_a_full_memory_learns_no_version_and_keeps_what_is_closed(small, seconds):
    await small.close(["a", "b"])
    await small.publish({"c": 1})
    assert await decide(small, VersionIs("d", 1)) == Unknown(None)
    assert await small.close(["d"]) is False
    assert await small.publish({"d": 1}) is False
    assert await decide(small, VersionIs("a", 1)) == Unknown(None)
    assert await decide(small, VersionIs("c", 1)) == Current()
    seconds.now += 32
    assert (await decide(small, VersionIs("d", 1))).fill_token


@pytest.mark.parametrize("kind", [WithinRate, WithinCount])
async def test_a_full_memory_of_limits_forgets_the_oldest(small, kind):
    """A limit that starts afresh is a smaller harm than a caller who is refused for nothing."""
    for name in "abcd":
        assert (await decide(small, kind(name, 5, 60))).remaining == 4
    assert (await decide(small, kind("d", 5, 60))).remaining == 3
    assert (await decide(small, kind("a", 5, 60))).remaining == 4


async def test_a_restart_is_announced_once_and_under_its_own_name(seconds):
    announced = []

    async def on_restart(run_id):
        announced.append(run_id)

    hot_state = InProcessHotState(seconds, ManualClock(BORN), SeededIds("a"), on_restart=on_restart)
    async with hot_state.lifetime():
        assert announced == [hot_state.run_id]
    assert InProcessHotState(seconds, ManualClock(BORN), SeededIds("b")).run_id != hot_state.run_id


async def test_the_memory_of_first_uses_began_with_the_process(small):
    assert await small.born_at() == BORN.timestamp()


steps = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 50), st.integers(0, 20)), max_size=60)


@given(steps)
def test_the_map_remembers_exactly_what_has_not_ended(steps):
    seconds = Seconds()
    entries, model = ExpiringMap(1000, seconds), {}
    for key, lasts, later in steps:
        assert entries.has_room(key)
        entries.put(key, lasts, seconds.now + lasts)
        model[key] = (lasts, seconds.now + lasts)
        seconds.now += later
        for name in "abcdef":
            value, until = model.get(name, (None, 0))
            assert entries.get(name) == (value if until > seconds.now else None)


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0.1, 9), st.floats(0, 3)), max_size=200))
def test_the_map_keeps_its_bound_and_its_books(steps):
    """However it is filled: entries never exceed the bound, and each is listed exactly once."""
    seconds = Seconds()
    entries = ExpiringMap(5, seconds)
    for name, lasts, later in steps:
        key = str(name)
        if not entries.has_room(key):
            entries.drop_oldest()
        entries.put(key, True, seconds.now + lasts)
        seconds.now += later
        listed = [key for keys in entries._listed.values() for key in keys]
        assert len(entries) <= 5
        assert sorted(listed) == sorted(entries._entries)
        assert sorted(entries._seconds) == sorted(entries._listed)


def test_what_has_ended_makes_room_without_being_asked_for():
    seconds = Seconds()
    entries = ExpiringMap(100, seconds)
    for number in range(100):
        entries.put(str(number), True, seconds.now + 1)
    seconds.now += 5
    assert entries.has_room("another")
    for number in range(10):
        entries.has_room(f"another {number}")
    assert len(entries) == 0
