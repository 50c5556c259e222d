"""A client's work runs a little at a time, in the order in which it came, and what goes away leaves no gap."""

import asyncio

import pytest

from gateway.pipeline.calls_in_flight import InFlightLimits
from gateway.pipeline.client_turns import ClientTurns
from tests.unit.gateway.pipeline.test_calls_in_flight import Gate, neighbour
from tests.world.gateway.world import GatewayWorld


class Work:
    """Holds its turn until it is let end."""

    def __init__(self, turns: ClientTurns) -> None:
        self.turns = turns
        self.began: list[str] = []
        self.running = 0
        self.most = 0
        self.ends: dict[str, asyncio.Event] = {}

    async def run(self, name: str, units: int = 1) -> None:
        self.ends[name] = asyncio.Event()
        async with self.turns.turn(units):
            self.began.append(name)
            self.running += 1
            self.most = max(self.most, self.running)
            try:
                await self.ends[name].wait()
            finally:
                self.running -= 1


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_first_come_first_served_within_the_limit():
    work = Work(ClientTurns(2))
    async with asyncio.TaskGroup() as tasks:
        for name in "abcd":
            tasks.create_task(work.run(name))
        await settle()
        assert work.began == ["a", "b"]
        for name, began in (("b", "abc"), ("a", "abcd"), ("c", "abcd"), ("d", "abcd")):
            work.ends[name].set()
            await settle()
            assert work.began == list(began)
    assert work.most == 2


async def test_a_dear_turn_takes_half_and_waits_for_it():
    work = Work(ClientTurns(4))
    async with asyncio.TaskGroup() as tasks:
        for name, units in (("a", 1), ("b", 40), ("c", 40), ("d", 1)):
            tasks.create_task(work.run(name, units))
        await settle()
        assert work.began == ["a", "b"]  # d does not pass c
        for name in "abcd":
            await settle()
            work.ends[name].set()
    assert work.began == list("abcd")


@pytest.mark.parametrize("called", [False, True])
async def test_one_that_goes_away_while_it_waits_leaves_no_gap(called):
    """Also when it was called in that same moment."""
    work = Work(ClientTurns(1))
    first, second = (asyncio.create_task(work.run(name)) for name in "ab")
    await settle()
    if called:
        work.ends["a"].set()
        await asyncio.sleep(0)
    second.cancel()
    work.ends["a"].set()
    await asyncio.gather(first, second, return_exceptions=True)
    third = asyncio.create_task(work.run("c"))
    await settle()
    assert "c" in work.began
    work.ends["c"].set()
    await third


async def test_a_clients_calls_wait_for_its_own_and_hold_up_no_one_else():
    made = GatewayWorld(in_flight=InFlightLimits(units=100, units_per_client=20, running_per_client=2))
    neighbour(made)
    gate = Gate(made)
    async with asyncio.TaskGroup() as calls:
        hasty = [calls.create_task(made.ask()) for _ in range(6)]
        await gate.until(2)
        await settle()
        assert gate.waiting == 2
        calls.create_task(made.ask(token="other-token"))
        await gate.until(3)
        gate.open.set()
    assert [call.result().status for call in hasty] == [200] * 6
