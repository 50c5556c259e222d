"""A sink behind a circuit: silence opens it, a refusal does not."""

import asyncio

import pytest

from kernel.outbox.ports import SinkClosed, SinkRefused, SinkUnanswered
from plugins.sinks.guarded import LIMITS, GuardedSink
from plugins.upstreams.circuit import Circuit
from tests.unit.kernel.outbox.world import ScriptedSink
from tests.unit.plugins.sinks.test_webhook import ENVELOPE


class World:
    def __init__(self) -> None:
        self.seconds = 0.0
        self.inner = ScriptedSink("one")
        self.circuit = Circuit(lambda: self.seconds, LIMITS)
        self.sink = GuardedSink(self.inner, self.circuit)

    async def fail(self, error: Exception, times: int) -> None:
        self.inner.fault = lambda _: error
        for _ in range(times):
            with pytest.raises(type(error)):
                await self.sink.deliver(ENVELOPE)


async def test_a_silent_receiver_is_left_alone_for_a_while_and_then_probed():
    world = World()
    await world.fail(SinkUnanswered("away"), LIMITS.calls_min)
    with pytest.raises(SinkClosed):
        await world.sink.deliver(ENVELOPE)
    assert world.inner.asked == LIMITS.calls_min
    world.inner.fault = lambda _: None
    world.seconds += LIMITS.open_seconds
    await world.sink.deliver(ENVELOPE)
    assert world.circuit.state == "closed"


async def test_refusals_open_nothing():
    world = World()
    await world.fail(SinkRefused("status 422"), 10 * LIMITS.calls_min)
    assert world.circuit.state == "closed"


async def test_a_probe_that_was_given_up_lets_another_one_probe():
    world = World()
    await world.fail(SinkUnanswered("away"), LIMITS.calls_min)
    world.seconds += LIMITS.open_seconds
    await world.fail(asyncio.CancelledError(), 1)
    world.inner.fault = lambda _: None
    await world.sink.deliver(ENVELOPE)
    assert world.circuit.state == "closed"
