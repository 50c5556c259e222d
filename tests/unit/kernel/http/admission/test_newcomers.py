"""Work for strangers starts one after another, by turns of their shares, and rests while known callers are answered."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

from kernel.http.admission.newcomers import (
    KNOWN_SECONDS,
    RECENT_SECONDS,
    RECENT_SHARES_MAX,
    REST_FACTOR,
    REST_SECONDS_MAX,
    ROUNDS,
    Newcomers,
)
from tests.harness.patience import PATIENCE_SECONDS


class Machine:
    """A clock that stands still unless work is done, and a timer that notes how long it was set for and fires at once."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.rests: list[float] = []

    def now(self) -> float:
        return self.seconds

    def later(self, seconds: float, callback: Callable[[], None]) -> None:
        self.rests.append(seconds)
        asyncio.get_running_loop().call_soon(callback)

    def newcomers(self) -> Newcomers:
        return Newcomers(self.now, self.later)

    def work(self, seconds: float) -> None:
        self.seconds += seconds

    async def start_two(self, newcomers: Newcomers, *, work_seconds: float) -> None:
        """The first one works for so long, and the second one waits for it."""
        await newcomers.turn("a")
        asyncio.get_running_loop().call_soon(self.work, work_seconds)
        await finish([asyncio.create_task(newcomers.turn("a"))])


async def finish(starts: list[asyncio.Task[None]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*starts)


async def test_a_start_waits_for_no_one_where_none_is_under_way():
    newcomers = Newcomers()
    waiting = newcomers.turn("a")
    try:
        waiting.send(None)
    except StopIteration:
        return
    raise AssertionError("it waited")


async def test_starts_follow_one_another_by_rounds_of_the_loop():
    newcomers, rounds, started = Newcomers(), 0, []

    async def start(number: int) -> None:
        await newcomers.turn("a")
        started.append(rounds)

    starts = [asyncio.create_task(start(number)) for number in range(20)]
    while len(started) < 20:
        await asyncio.sleep(0)
        rounds += 1
    await finish(starts)
    assert all(later - earlier >= ROUNDS - 1 for earlier, later in pairwise(started))


async def test_shares_take_turns_however_many_starts_one_of_them_queues():
    newcomers, started = Newcomers(), []

    async def start(share: str) -> None:
        await newcomers.turn(share)
        started.append(share)

    greedy = [asyncio.create_task(start("greedy")) for _ in range(100)]
    await asyncio.sleep(0)
    honest = asyncio.create_task(start("honest"))
    await finish([honest])
    assert started.count("greedy") <= 4
    await finish(greedy)


async def queued(newcomers: Newcomers, started: list[str], shares: list[str]) -> list[asyncio.Task[None]]:
    """One start for each of `shares`, all of them waiting behind one that is under way."""

    async def start(share: str) -> None:
        await newcomers.turn(share)
        started.append(share)

    await newcomers.turn("first")
    starts = [asyncio.create_task(start(share)) for share in shares]
    await asyncio.sleep(0)
    return starts


async def test_a_share_of_a_known_caller_waits_for_no_stranger_however_many_are_queued():
    newcomers, started = Machine().newcomers(), []
    with newcomers.known("tpp"):
        pass
    await finish(await queued(newcomers, started, [*(f"stranger {number}" for number in range(50)), "tpp"]))
    assert started[0] == "tpp"


async def test_a_share_of_a_known_caller_takes_no_more_than_every_other_turn():
    newcomers, started = Machine().newcomers(), []
    with newcomers.known("tpp"):
        pass
    await finish(await queued(newcomers, started, [*["tpp"] * 20, *["stranger"] * 20]))
    assert [started[at : at + 2].count("tpp") for at in range(0, 40, 2)] == [1] * 20


async def test_a_share_is_a_strangers_again_when_its_last_certificate_was_long_ago():
    machine, started = Machine(), []
    newcomers = machine.newcomers()
    with newcomers.known("tpp"):
        pass
    machine.work(RECENT_SECONDS)
    await finish(await queued(newcomers, started, ["a", "b", "c", "tpp"]))
    assert started[-1] == "tpp"


async def test_few_shares_are_remembered():
    newcomers, started = Machine().newcomers(), []
    for number in range(RECENT_SHARES_MAX + 1):
        with newcomers.known(f"tpp {number}"):
            pass
    await finish(await queued(newcomers, started, ["a", "b", "c", "tpp 0", f"tpp {RECENT_SHARES_MAX}"]))
    assert started[-1] == "tpp 0"
    assert started[0] == f"tpp {RECENT_SHARES_MAX}"


async def test_a_caller_who_has_gone_takes_no_turn():
    newcomers = Newcomers()
    await newcomers.turn("a")
    gone = [asyncio.create_task(newcomers.turn("a")) for _ in range(5)]
    await asyncio.sleep(0)
    for start in gone:
        start.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    await finish([asyncio.create_task(newcomers.turn("b"))])
    assert newcomers.waiting == 0


async def test_a_newcomer_that_leaves_while_waiting_leaves_nothing_behind():
    """An address that comes and goes faster than starts go round would fill memory."""
    newcomers = Newcomers()
    await newcomers.turn("a")
    staying = asyncio.create_task(newcomers.turn("b"))
    gone = [asyncio.create_task(newcomers.turn("a")) for _ in range(100)]
    await asyncio.sleep(0)
    for start in gone:
        start.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    assert [len(queue) for queue in newcomers._strangers.queues.values()] in ([1], [])
    await finish([staying])


async def test_each_answer_to_a_known_caller_starts_a_stranger():
    """However long the loop takes to go round for known callers: they do not have it to themselves."""
    newcomers = Newcomers(later=lambda _seconds, _callback: None)  # a rest that does not end
    with newcomers.known("tpp"):
        await newcomers.turn("a")
        starts = [asyncio.create_task(newcomers.turn(share)) for share in ("b", "b", "c")]
        for _ in range(2 * ROUNDS):
            await asyncio.sleep(0)
    assert newcomers.waiting == 3
    for waiting in (2, 1, 0):
        await asyncio.sleep(0)
        assert newcomers.waiting == waiting
        with newcomers.known("tpp"):
            pass
    await finish(starts)


async def test_strangers_wait_for_the_answer_to_a_known_caller_and_not_for_ever():
    machine = Machine()
    newcomers = machine.newcomers()
    with newcomers.known("tpp"):
        await machine.start_two(newcomers, work_seconds=0.004)
    assert machine.rests == [REST_FACTOR * 0.004, REST_SECONDS_MAX]


async def test_strangers_rest_longer_than_they_worked_for_a_known_caller_who_asked_just_now():
    machine = Machine()
    newcomers = machine.newcomers()
    with newcomers.known("tpp"):
        pass
    await machine.start_two(newcomers, work_seconds=0.004)
    assert machine.rests == [REST_FACTOR * 0.004]


async def test_strangers_rest_for_no_one_who_has_long_been_answered():
    machine = Machine()
    newcomers = machine.newcomers()
    with newcomers.known("tpp"):
        pass
    machine.work(2 * KNOWN_SECONDS)
    await machine.start_two(newcomers, work_seconds=0.004)
    assert machine.rests == []


async def test_no_rest_is_longer_than_the_limit():
    machine = Machine()
    newcomers = machine.newcomers()
    with newcomers.known("tpp"):
        pass
    await machine.start_two(newcomers, work_seconds=KNOWN_SECONDS / 2)
    assert machine.rests == [REST_SECONDS_MAX]


async def test_a_known_caller_is_answered_until_the_last_answer():
    machine = Machine()
    newcomers = machine.newcomers()
    assert not newcomers.has_known_callers()
    with newcomers.known("tpp"):
        with newcomers.known("another"):
            pass
        assert newcomers.is_known_answered()
    assert not newcomers.is_known_answered()
    assert newcomers.has_known_callers(), "they are likely to ask again"
    machine.work(2 * KNOWN_SECONDS)
    assert not newcomers.has_known_callers()
