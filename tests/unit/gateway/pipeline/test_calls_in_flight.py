"""One client's haste stays its own, and no work is done for a caller who has gone."""

import asyncio
from contextlib import ExitStack

import msgspec
import pytest

from gateway.pipeline.calls_in_flight import ORGANISATION_FACTOR, CallsInFlight, InFlightLimits
from kernel.errors import CallerGone, RateExceeded
from tests.harness.patience import PATIENCE_SECONDS
from tests.world.gateway.snapshots import CLIENT, CONSENT, FAMILY, TOKEN
from tests.world.gateway.world import GatewayWorld, body_of, request


class Gate:
    """Holds each question to the upstream until it opens."""

    def __init__(self, made: GatewayWorld) -> None:
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


def neighbour(made: GatewayWorld) -> None:
    """Another client, with a token of its own."""
    replace = msgspec.structs.replace
    made.store(replace(CLIENT, id="client-2"))
    made.store(replace(FAMILY, id="family-2", client_id="client-2", consent_id="consent-2"))
    made.store(replace(CONSENT, id="consent-2", client_id="client-2"))
    made.tokens.known["other-token"] = replace(
        TOKEN, jti="jti-3", client_id="client-2", family_id="family-2", consent_id="consent-2"
    )


async def test_a_client_with_too_many_calls_in_flight_is_refused_and_its_neighbour_is_not():
    made = GatewayWorld(in_flight=InFlightLimits(units=100, units_per_client=3))
    neighbour(made)
    gate = Gate(made)
    async with asyncio.TaskGroup() as calls:
        held = [calls.create_task(made.ask()) for _ in range(3)]
        await gate.until(3)
        refused = await made.ask()
        assert (refused.status, refused.headers["Retry-After"], body_of(refused)["code"]) == (429, "1", "rate_exceeded")
        extra = calls.create_task(made.ask(token="other-token"))
        await gate.until(4)
        gate.open.set()
    assert [call.result().status for call in (*held, extra)] == [200] * 4
    assert await made.code() == "allowed"
    assert (made.in_flight.total, dict(made.in_flight.clients.held)) == (0, {})


@pytest.mark.spec("RFC9110-15.6.4")
async def test_the_last_places_are_not_for_one_who_holds_many():
    made = GatewayWorld(in_flight=InFlightLimits(units=8, units_per_client=8, running_per_client=8))
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
    made = GatewayWorld(in_flight=InFlightLimits(units=2, units_per_client=2))
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
        dear.claim("one", "TPP 1")
        dear.claim("one", "TPP 1")
        assert calls.clients.held == {"one": 5}
        with calls.call(5) as second:
            second.claim("one", "TPP 1")
            with calls.call(1) as cheap, pytest.raises(RateExceeded):
                cheap.claim("one", "TPP 1")
        with calls.call(1) as other:
            other.claim("two", "TPP 2")
    assert (calls.total, dict(calls.clients.held)) == (0, {})


def test_an_organisation_with_many_clients_leaves_places_for_others():
    calls = CallsInFlight(InFlightLimits(units=100, units_per_client=10))
    with ExitStack() as held:
        for number in range(10 * ORGANISATION_FACTOR):
            held.enter_context(calls.call(1)).claim(f"client {number}", "greedy")
        with calls.call(1) as one_more, pytest.raises(RateExceeded):
            one_more.claim("client of its own", "greedy")
        held.enter_context(calls.call(1)).claim("honest client", "honest")
    assert (calls.total, calls.organisations.held, calls.organisations.turns) == (0, {}, {})


async def test_the_clients_of_one_organisation_wait_for_one_another():
    calls = CallsInFlight(InFlightLimits(running_per_client=2))
    running = 0
    go_on = asyncio.Event()

    async def work(client: str, organisation: str) -> None:
        nonlocal running
        with calls.call(1) as call:
            call.claim(client, organisation)
            async with call.turn():
                running += 1
                await go_on.wait()

    async with asyncio.TaskGroup() as works:
        for number in range(10):
            works.create_task(work(f"client {number}", "greedy"))
        works.create_task(work("honest client", "honest"))
        for _ in range(20):
            await asyncio.sleep(0)
        assert running == 2 * ORGANISATION_FACTOR + 1
        go_on.set()
    assert running == 11


async def test_a_read_whose_caller_has_gone_stops():
    made = GatewayWorld()
    gate = Gate(made)
    asked = request()
    reading = asyncio.create_task(made.gateway.handle(made.brand, asked))
    await gate.until(1)
    asked.departure.happen()
    await gate.until(0)
    assert body_of(await reading)["code"] == CallerGone.code
    assert made.in_flight.total == 0


async def test_a_read_whose_caller_has_gone_before_it_began_asks_nothing():
    made = GatewayWorld()
    asked = request()
    asked.departure.happen()
    assert body_of(await made.gateway.handle(made.brand, asked))["code"] == CallerGone.code
    assert made.upstream.asked == []


async def test_a_change_runs_to_its_end_though_its_caller_has_gone():
    made = GatewayWorld()
    asked = request("DELETE", "/book/v1/consents/consent-1", token="client-token")
    asked.departure.happen()
    assert (await made.gateway.handle(made.brand, asked)).status == 204
    assert made.consents.withdrawn == ["consent-1"]
