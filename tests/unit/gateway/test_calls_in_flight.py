"""One client's haste stays its own, and no work is done for a caller who has gone."""

import asyncio

import pytest

from gateway.calls_in_flight import CallsInFlight, InFlightLimits
from kernel.errors import CallerGone, RateExceeded
from tests.harness.patience import PATIENCE_SECONDS
from tests.unit.gateway import world
from tests.unit.gateway.world import World, body_of


class Gate:
    """Holds each question to the upstream until it opens."""

    def __init__(self, made: World) -> None:
        self.waiting = 0
        self.changed = asyncio.Event()
        self.open = asyncio.Event()
        made.upstream.before = self._wait

    async def _wait(self) -> None:
        self.waiting += 1
        self.changed.set()
        try:
            await self.open.wait()
        finally:
            self.waiting -= 1
            self.changed.set()

    async def until(self, waiting: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.waiting != waiting:
                self.changed.clear()
                await self.changed.wait()


def neighbour(made: World) -> None:
    """Another client, with a token of its own."""
    replace = world.msgspec.structs.replace
    made.store(replace(world.CLIENT, id="client-2"))
    made.store(replace(world.FAMILY, id="family-2", client_id="client-2", consent_id="consent-2"))
    made.store(replace(world.CONSENT, id="consent-2", client_id="client-2"))
    made.tokens.known["other-token"] = replace(
        world.TOKEN, jti="jti-3", client_id="client-2", family_id="family-2", consent_id="consent-2"
    )


async def test_a_client_with_too_many_calls_in_flight_is_refused_and_its_neighbour_is_not():
    made = World(in_flight=InFlightLimits(units=100, units_per_client=3))
    neighbour(made)
    gate = Gate(made)
    async with asyncio.TaskGroup() as calls:
        held = [calls.create_task(made.ask()) for _ in range(3)]
        await gate.until(3)
        refused = await made.ask()
        assert (refused.status, refused.headers["Retry-After"], body_of(refused)["code"]) == (429, "1", "rate_exceeded")
        beside = calls.create_task(made.ask(token="other-token"))
        await gate.until(4)
        gate.open.set()
    assert [call.result().status for call in (*held, beside)] == [200] * 4
    assert await made.code() == "allowed"
    assert (made.in_flight.total, dict(made.in_flight.held)) == (0, {})


async def test_the_last_places_are_not_for_one_who_holds_many():
    made = World(in_flight=InFlightLimits(units=8, units_per_client=8, running_per_client=8))
    neighbour(made)
    gate = Gate(made)
    async with asyncio.TaskGroup() as calls:
        for _ in range(6):
            calls.create_task(made.ask())
        await gate.until(6)
        refused = await made.ask()
        assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
        calls.create_task(made.ask(token="other-token"))
        await gate.until(7)
        gate.open.set()


async def test_beyond_all_places_a_call_is_refused_before_anything_is_asked():
    made = World(in_flight=InFlightLimits(units=2, units_per_client=2))
    gate = Gate(made)
    async with asyncio.TaskGroup() as calls:
        for _ in range(2):
            calls.create_task(made.ask())
        await gate.until(2)
        verified, decided = made.tokens.verified, len(made.decisions.calls)
        refused = await made.ask(token="unheard-of")
        assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
        assert (made.tokens.verified, len(made.decisions.calls)) == (verified, decided)
        gate.open.set()


def test_a_dear_call_takes_more_places_but_leaves_half_of_them():
    calls = CallsInFlight(InFlightLimits(units=100, units_per_client=10))
    with calls.call(40) as dear:
        dear.claim("one")
        dear.claim("one")
        assert calls.held == {"one": 5}
        with calls.call(5) as second:
            second.claim("one")
            with calls.call(1) as cheap, pytest.raises(RateExceeded):
                cheap.claim("one")
        with calls.call(1) as other:
            other.claim("two")
    assert (calls.total, dict(calls.held)) == (0, {})


async def test_a_read_whose_caller_has_gone_stops():
    made = World()
    gate = Gate(made)
    asked = world.request()
    reading = asyncio.create_task(made.gateway.handle(made.brand, asked))
    await gate.until(1)
    asked.departure.happen()
    await gate.until(0)
    assert body_of(await reading)["code"] == CallerGone.code
    assert made.in_flight.total == 0


async def test_a_read_whose_caller_has_gone_before_it_began_asks_nothing():
    made = World()
    asked = world.request()
    asked.departure.happen()
    assert body_of(await made.gateway.handle(made.brand, asked))["code"] == CallerGone.code
    assert made.upstream.asked == []


async def test_a_change_runs_to_its_end_though_its_caller_has_gone():
    made = World()
    asked = world.request("DELETE", "/book/v1/consents/consent-1", token="client-token")
    asked.departure.happen()
    assert (await made.gateway.handle(made.brand, asked)).status == 204
    assert made.consents.withdrawn == ["consent-1"]
