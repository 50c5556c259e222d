"""The contract of every hot state, on both implementations: in process, and on a real Valkey server."""

import asyncio
import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Protocol

import pytest

from kernel.clock import ManualClock
from kernel.hot_state.checks import (
    CLOSED_SECONDS,
    FILL_SECONDS,
    VERSION_SECONDS,
    Allowed,
    Current,
    Exceeded,
    FirstUse,
    Fresh,
    HotState,
    Moved,
    Replayed,
    Share,
    Unknown,
    VersionIs,
    WithinCount,
    WithinRate,
)
from kernel.hot_state.in_process import InProcessHotState
from kernel.hot_state.redis import RedisHotState
from kernel.ids import RandomIds

S = "main/consent/1"


class World(Protocol):
    hot_state: HotState

    def advance(self, seconds: int) -> None: ...


class InProcessWorld:
    def __init__(self) -> None:
        self._seconds = 1000.0
        self.hot_state = InProcessHotState(lambda: self._seconds, ManualClock(datetime(2026, 1, 1, tzinfo=UTC)), RandomIds())

    def advance(self, seconds: int) -> None:
        self._seconds += seconds


class RedisWorld:
    """Time is the server's: to move it, everything that the server remembers is made older."""

    def __init__(self, server) -> None:
        self._client = server.client()
        self.hot_state = RedisHotState(server.url, RandomIds())

    def advance(self, seconds: int) -> None:
        for key in self._client.scan_iter("*"):
            left = self._client.pttl(key)
            if key.startswith(b"portcullis:rate:"):
                self._client.set(key, int(self._client.get(key)) - seconds * 1_000_000, keepttl=True)
            if key.startswith(b"portcullis:share:"):
                for member, end in self._client.zrange(key, 0, -1, withscores=True):
                    self._client.zadd(key, {member: end - seconds * 1_000_000})
            if left >= 0:
                self._client.pexpire(key, left - seconds * 1000)


@pytest.fixture(params=["in process", "valkey"])
async def world(request) -> AsyncIterator[World]:
    world = InProcessWorld() if request.param == "in process" else RedisWorld(request.getfixturevalue("valkey"))
    async with world.hot_state.lifetime():
        yield world


@pytest.fixture
def hot_state(world) -> HotState:
    return world.hot_state


async def ask(hot_state, version=1, subject=S):
    return (await hot_state.decide([VersionIs(subject, version)]))[0]


async def learn(hot_state, version=1, subject=S):
    await hot_state.fill(subject, version, (await ask(hot_state, version, subject)).fill_token)


async def test_it_learns_a_version_that_it_does_not_know(hot_state):
    verdict = await ask(hot_state)
    assert isinstance(verdict, Unknown)
    await hot_state.fill(S, 1, verdict.fill_token)
    assert await ask(hot_state, 1) == Current()


async def test_an_older_version_has_moved_to_the_current_one(hot_state):
    await learn(hot_state, 2)
    assert await ask(hot_state, 1) == Moved(2)


async def test_who_knows_a_newer_version_is_sent_to_the_database(hot_state):
    await learn(hot_state, 1)
    assert await ask(hot_state, 2) == Unknown(None)


async def test_version_zero_is_a_version(hot_state):
    await learn(hot_state, 0)
    assert await ask(hot_state, 0) == Current()


async def test_a_closed_subject_is_unknown_and_cannot_be_filled(hot_state):
    token = (await ask(hot_state)).fill_token
    assert await hot_state.close([S])
    assert await ask(hot_state) == Unknown(None)
    await hot_state.fill(S, 1, token)
    assert await ask(hot_state) == Unknown(None)


async def test_a_fill_from_before_a_change_is_ignored(hot_state):
    """Its version was read before the change was committed."""
    token = (await ask(hot_state)).fill_token
    await hot_state.close([S])
    await hot_state.publish({S: 2})
    await hot_state.fill(S, 1, token)
    assert await ask(hot_state, 1) == Moved(2)


async def test_a_token_fills_once(hot_state):
    token = (await ask(hot_state)).fill_token
    assert (await ask(hot_state)).fill_token == token
    await hot_state.fill(S, 1, token)
    await hot_state.fill(S, 2, token)
    assert await ask(hot_state, 1) == Current()


async def test_a_fill_after_its_time_is_ignored(hot_state, world):
    token = (await ask(hot_state)).fill_token
    world.advance(FILL_SECONDS + 1)
    await hot_state.fill(S, 1, token)
    assert isinstance(await ask(hot_state), Unknown)


async def test_the_highest_version_wins(hot_state):
    await hot_state.publish({S: 3})
    await hot_state.publish({S: 2})
    assert await ask(hot_state, 3) == Current()


async def test_two_changes_at_once_open_with_the_last(hot_state):
    """The first to finish must not open what the other has closed: it may be about to commit."""
    await hot_state.close([S])
    await hot_state.close([S])
    await hot_state.publish({S: 3})
    assert await ask(hot_state, 3) == Unknown(None)
    await hot_state.publish({S: 2})
    assert await ask(hot_state, 3) == Current()


async def test_a_subject_whose_changer_died_opens_forgotten(hot_state, world):
    await learn(hot_state, 1)
    await hot_state.close([S])
    world.advance(CLOSED_SECONDS - 1)
    assert await ask(hot_state, 1) == Unknown(None)
    world.advance(2)
    assert (await ask(hot_state, 1)).fill_token is not None


async def test_a_version_is_forgotten_after_its_time(hot_state, world):
    await hot_state.publish({S: 1})
    world.advance(VERSION_SECONDS - 1)
    assert await ask(hot_state, 1) == Current()
    world.advance(2)
    assert isinstance(await ask(hot_state, 1), Unknown)


async def test_several_subjects_close_and_open_together(hot_state):
    other = "main/family/2"
    await hot_state.close([S, other])
    assert await hot_state.decide([VersionIs(S, 1), VersionIs(other, 1)]) == (Unknown(None), Unknown(None))
    await hot_state.publish({S: 1, other: 2})
    assert await hot_state.decide([VersionIs(S, 1), VersionIs(other, 1)]) == (Current(), Moved(2))


@pytest.mark.parametrize(("limit", "window"), [(1, 60), (3, 1000), (7, 3600), (100, 3600)])
async def test_a_burst_is_exactly_the_limit(hot_state, limit, window):
    check = WithinRate("main/client/1", limit, window)
    spent = [(await hot_state.decide([check]))[0] for _ in range(limit)]
    assert [verdict.remaining for verdict in spent] == list(reversed(range(limit)))
    assert isinstance((await hot_state.decide([check]))[0], Exceeded)


@pytest.mark.parametrize(("limit", "window"), [(1, 60), (3, 1000), (7, 3600)])
async def test_retry_after_is_when_the_next_request_passes(hot_state, world, limit, window):
    check = WithinRate("main/client/1", limit, window)
    for _ in range(limit):
        await hot_state.decide([check])
    retry_after = (await hot_state.decide([check]))[0].retry_after
    assert retry_after == math.ceil(window / limit)
    world.advance(retry_after - 2)
    assert isinstance((await hot_state.decide([check]))[0], Exceeded)
    world.advance(2)
    assert isinstance((await hot_state.decide([check]))[0], Allowed)
    assert isinstance((await hot_state.decide([check]))[0], Exceeded)


async def test_a_rate_is_whole_again_after_its_reset(hot_state, world):
    check = WithinRate("main/client/1", 4, 3600)
    for _ in range(4):
        verdict = (await hot_state.decide([check]))[0]
    assert verdict.reset_seconds == 3600
    world.advance(3601)
    assert await hot_state.decide([check], spend=False) == (Allowed(4, 4, 0),)


async def test_a_dear_call_spends_its_cost_and_leaves_cheap_ones_what_is_left(hot_state, world):
    """What is left and when to come back are in units: 360 seconds each."""
    dear, cheap = WithinRate("main/client/1", 10, 3600, cost=4), WithinRate("main/client/1", 10, 3600)
    assert await hot_state.decide([dear]) == (Allowed(10, 6, 1440),)
    assert await hot_state.decide([dear]) == (Allowed(10, 2, 2880),)
    assert await hot_state.decide([dear]) == (Exceeded(10, 720),)
    assert await hot_state.decide([cheap]) == (Allowed(10, 1, 3240),)
    world.advance(3 * 360)
    assert await hot_state.decide([dear]) == (Allowed(10, 0, 3600),)


async def test_a_cost_above_the_limit_spends_the_whole_limit(hot_state):
    check = WithinRate("main/client/1", 3, 3600, cost=40)
    assert await hot_state.decide([check]) == (Allowed(3, 0, 3600),)
    assert await hot_state.decide([check]) == (Exceeded(3, 3600),)


async def test_a_limit_that_shrank_does_not_punish(hot_state, world):
    for _ in range(10):
        await hot_state.decide([WithinRate("main/client/1", 10, 1000)])
    assert await hot_state.decide([WithinRate("main/client/1", 1, 60)]) == (Exceeded(1, 60),)


async def test_a_limit_of_zero_allows_nothing(hot_state):
    checks = [WithinRate("main/client/1", 0, 60), WithinCount("main/consent/1", 0, 60)]
    assert await hot_state.decide(checks) == (Exceeded(0, 60), Exceeded(0, 60))


async def test_a_count_starts_with_its_first_use_and_ends_with_its_window(hot_state, world):
    check = WithinCount("main/consent/1", 4, 86_400)
    assert await hot_state.decide([check], spend=False) == (Allowed(4, 4, 0),)
    assert await hot_state.decide([check]) == (Allowed(4, 3, 86_400),)
    world.advance(1000)
    for remaining in (2, 1, 0):
        assert (await hot_state.decide([check]))[0].remaining == remaining
    refused = (await hot_state.decide([check]))[0]
    assert 85_399 <= refused.retry_after <= 85_400
    world.advance(85_401)
    assert (await hot_state.decide([check]))[0].remaining == 3


async def test_nothing_is_spent_unless_everything_allows(hot_state):
    rate, count, use = WithinRate("main/r", 5, 3600), WithinCount("main/c", 1, 3600), FirstUse("main/j", 60)
    first = await hot_state.decide([rate, count, use])
    assert [type(verdict) for verdict in first] == [Allowed, Allowed, Fresh]
    other = FirstUse("main/k", 60)
    second = await hot_state.decide([rate, count, other])
    assert [type(verdict) for verdict in second] == [Allowed, Exceeded, Fresh]
    assert (await hot_state.decide([rate, other]))[0].remaining == 3
    assert await hot_state.decide([rate, other]) == (Allowed(5, 3, 1440), Replayed())


@pytest.mark.parametrize("known", [None, 2])
async def test_nothing_is_spent_on_a_snapshot_that_is_not_current(hot_state, known):
    if known is not None:
        await hot_state.publish({S: known})
    use = FirstUse("main/j", 60)
    verdicts = await hot_state.decide([use, VersionIs(S, 1)])
    assert isinstance(verdicts[1], Unknown | Moved)
    assert await hot_state.decide([use]) == (Fresh(),)


async def test_nothing_is_spent_by_looking(hot_state):
    checks = [WithinRate("main/r", 1, 60), WithinCount("main/c", 1, 60), FirstUse("main/j", 60)]
    for _ in range(3):
        assert await hot_state.decide(checks, spend=False) == (Allowed(1, 1, 0), Allowed(1, 1, 0), Fresh())


async def test_a_first_use_happens_once_among_many_at_once(hot_state):
    verdicts = await asyncio.gather(*(hot_state.decide([FirstUse("main/j", 60)]) for _ in range(100)))
    assert sorted(verdicts, key=repr) == [(Fresh(),)] + [(Replayed(),)] * 99


async def test_a_limit_holds_among_many_at_once(hot_state):
    verdicts = await asyncio.gather(*(hot_state.decide([WithinRate("main/r", 10, 3600)]) for _ in range(100)))
    assert sum(isinstance(verdict, Allowed) for (verdict,) in verdicts) == 10


async def test_a_first_use_is_remembered_for_its_time(hot_state, world):
    await hot_state.decide([FirstUse("main/j", 600)])
    world.advance(599)
    assert await hot_state.decide([FirstUse("main/j", 600)]) == (Replayed(),)
    world.advance(2)
    assert await hot_state.decide([FirstUse("main/j", 600)]) == (Fresh(),)


async def test_what_was_issued_before_the_memory_began_is_refused(hot_state):
    """It may have been used when the memory was away."""
    born_at = await hot_state.born_at()
    assert await hot_state.decide([FirstUse("main/j", 60, born_at - 0.001)]) == (Replayed(),)
    assert await hot_state.decide([FirstUse("main/j", 60, born_at)]) == (Fresh(),)
    assert await hot_state.born_at() == born_at


async def test_kinds_of_one_name_are_apart(hot_state):
    name = "main/1"
    checks = [VersionIs(name, 1), WithinRate(name, 1, 60), WithinCount(name, 1, 60), FirstUse(name, 60)]
    await hot_state.publish({name: 1})
    assert await hot_state.decide(checks) == (Current(), Allowed(1, 0, 60), Allowed(1, 0, 60), Fresh())


async def test_no_question_has_no_verdict(hot_state):
    assert await hot_state.decide([]) == ()
    assert await hot_state.close([])
    assert await hot_state.publish({})


def use(name, seconds=60, *, owner="main/client/a", limit=3, issued_at=None):
    return FirstUse(f"main/{name}", seconds, issued_at, Share(owner, limit))


async def test_an_owner_fills_its_share_of_the_first_uses_and_no_more(hot_state):
    """One client's share is its own to fill: every other client finds room."""
    for name in "abc":
        assert await hot_state.decide([use(name)]) == (Fresh(),)
    assert await hot_state.decide([use("d")]) == (Exceeded(3, 60),)
    assert await hot_state.decide([use("a")]) == (Replayed(),)
    assert await hot_state.decide([use("d", owner="main/client/b")]) == (Fresh(),)
    assert await hot_state.decide([FirstUse("main/e", 60)]) == (Fresh(),)
    assert await hot_state.decide([use("f", owner="main/client/c", limit=0)]) == (Exceeded(0, 1),)


async def test_a_share_has_room_again_when_a_first_use_ends(hot_state, world):
    """The first that ends makes room, not the first that came."""
    for name, seconds in (("a", 600), ("b", 30), ("c", 300)):
        await hot_state.decide([use(name, seconds)])
    assert await hot_state.decide([use("d")]) == (Exceeded(3, 30),)
    world.advance(31)
    assert await hot_state.decide([use("b", 900)]) == (Fresh(),)
    (full,) = await hot_state.decide([use("d")])
    assert full.retry_after <= 270
    world.advance(301)
    assert await hot_state.decide([use("d")]) == (Fresh(),)
    assert isinstance((await hot_state.decide([use("e")]))[0], Exceeded)
    world.advance(901)
    assert [await hot_state.decide([use(name)]) for name in "xyz"] == [(Fresh(),)] * 3


async def test_of_a_full_share_nothing_is_spent(hot_state):
    """Neither the limits of the same question, nor the first use itself."""
    rate = WithinRate("main/r", 5, 3600)
    for name in "abc":
        await hot_state.decide([use(name)])
    assert (await hot_state.decide([rate, use("d")]))[1] == Exceeded(3, 60)
    assert await hot_state.decide([rate], spend=False) == (Allowed(5, 5, 0),)
    assert await hot_state.decide([use("d", owner="main/client/b")]) == (Fresh(),)


async def test_looking_at_a_share_fills_none_of_it(hot_state):
    for name in "abcde":
        assert await hot_state.decide([use(name)], spend=False) == (Fresh(),)
    for name in "abc":
        assert await hot_state.decide([use(name)]) == (Fresh(),)
