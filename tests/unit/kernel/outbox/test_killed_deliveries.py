"""Seeded runs of the whole delivery, in which processes die at every point, receivers lose answers, and a lease goes from hand to hand.

The model is a list of what was written: at the end each sink has had each event, and the first copies came in order of each aggregate.
"""

import asyncio
import random
from datetime import timedelta

import pytest

from kernel.outbox.parked import ReleaseParked
from kernel.outbox.ports import SinkClosed, SinkRefused, SinkUnanswered
from tests.harness.paper_bank import BRAND
from tests.unit.kernel.outbox.world import OUTBOX, ScriptedSink, World

SEEDS = range(5)
STEPS = 60
POISON = "poison"


class Killed(BaseException):
    """The process is gone: no handler of it runs."""


class MortalCommands:
    """Dies before a transaction, or after its commit, before anyone hears of it."""

    def __init__(self, commands, chance):
        self._commands, self._chance = commands, chance
        self.database, self.clock = commands.database, commands.clock

    async def run(self, command, **options):
        self._die()
        made = await self._commands.run(command, **options)
        self._die()
        return made

    def _die(self):
        if self._chance.random() < 0.08:
            raise Killed


class MortalSink(ScriptedSink):
    """Its receiver takes an event or not, and the answer is lost or not."""

    chance = random.Random(0)
    is_calm = False

    async def deliver(self, envelope):
        await asyncio.sleep(0)
        self.fault = lambda _: None if self.is_calm else self._trouble()
        self.takes_first = self.chance.random() < 0.5
        if envelope.aggregate_id == POISON and envelope.aggregate_version == 2 and not self.is_calm:
            raise SinkRefused("status 422")
        await super().deliver(envelope)

    def _trouble(self):
        drawn = self.chance.random()
        if drawn < 0.7:
            return None
        if drawn < 0.75:
            self.takes_first = False
            return SinkClosed() if drawn < 0.73 else SinkRefused("status 409")
        return SinkUnanswered("no answer") if drawn < 0.9 else Killed()


class Run:
    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.sinks = [MortalSink("s1"), MortalSink("s2")]
        for sink in self.sinks:
            sink.chance = self.chance
        self.written: dict[str, int] = {}

    async def step(self) -> None:
        match self.chance.randrange(8):
            case 0 | 1:
                await self.write(self.chance.choice(("a", "b", "c", POISON)))
            case 2 | 3:
                await self.survive("events", self.world.plan("s1", "s2"))
            case 4 | 5 | 6:
                sink = self.chance.choice(self.sinks)
                await self.survive(f"events-{sink.name}", self.world.dispatch(sink))
            case _:
                self.world.clock.advance(timedelta(seconds=self.chance.choice((1, 30, 900))))
                await self.survive("events-janitor", self.world.trim())

    async def write(self, aggregate_id: str) -> None:
        first = self.written.get(aggregate_id, 0) + 1
        self.written[aggregate_id] = first + self.chance.randrange(3)
        await self.world.write(aggregate_id, *range(first, self.written[aggregate_id] + 1))

    async def survive(self, lease: str, work) -> None:
        """A process that dies leaves what it began where it is; another one takes its lease."""
        try:
            await work
        except Killed:
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            await self.world.succeed(lease)

    async def settle(self) -> None:
        """Everything is well again: all that is not parked is delivered."""
        self.world.commands = self.world.well
        for sink in self.sinks:
            sink.is_calm = True
        await self.world.plan("s1", "s2")
        self.world.clock.advance(timedelta(hours=1))
        for sink in self.sinks:
            await self.world.dispatch(sink)

    def check(self, *, all_but: str = "") -> None:
        for sink in self.sinks:
            for aggregate_id, last in self.written.items():
                first_copies = list(dict.fromkeys(sink.versions(aggregate_id)))
                assert first_copies == list(range(1, len(first_copies) + 1))
                assert aggregate_id == all_but or len(first_copies) == last


@pytest.mark.parametrize("seed", SEEDS)
async def test_killed_at_any_point_every_event_is_delivered_and_in_order(world, seed):
    run = Run(world, seed)
    world.well, world.commands = world.commands, MortalCommands(world.commands, run.chance)
    for _ in range(STEPS):
        await run.step()
    await run.settle()
    run.check(all_but=POISON)
    for sink in run.sinks:
        release = ReleaseParked(outbox=OUTBOX, brand=BRAND.name, sink=sink.name, aggregate_id="", now=world.clock.wall())
        await world.commands.run(release)
        await world.dispatch(sink)
    run.check()
    assert sum(run.written.values()) > 10
    assert await world.undelivered() == []
    assert await world.rows(OUTBOX.lanes) == []
