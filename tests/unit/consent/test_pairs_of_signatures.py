"""Any two of those who may decide about a half-signed consent, at once, on both kinds of database: the consent ends where one order of
the two would have led, and no two wait for each other."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import combinations_with_replacement

import pytest

from kernel.banking.consents import Consent, ConsentState
from kernel.errors import Problem
from openapi.rulebook import rules_of
from tests.world.brands import BRAND
from tests.world.clients import CLIENT
from tests.world.pages import PageWorld, page_world
from tests.world.signing import ALL_THREE, BERLIN_GROUP, lodge, now, refuse, sign_first, sign_too

HALF = ConsentState.PARTIALLY_AUTHORISED

Act = Callable[[PageWorld, Consent], Awaitable[object]]
ACTS: dict[str, Act] = {
    "bob signs": lambda world, consent: sign_too(world, consent, "bob"),
    "carol signs": lambda world, consent: sign_too(world, consent, "carol"),
    "carol refuses": lambda world, consent: refuse(world, consent, "carol"),
    "alice signs again": lambda world, consent: sign_first(world, consent, "alice"),
    "alice stops it": lambda world, consent: world.store.revoke_by_psu(BRAND, "psu-alice", consent.id),
    "its TPP withdraws it": lambda world, consent: world.store.withdraw(BRAND, CLIENT.caller, consent.id),
}
ENDS = {
    "carol refuses": ConsentState.REJECTED,
    "alice stops it": ConsentState.REVOKED_BY_PSU,
    "its TPP withdraws it": ConsentState.WITHDRAWN_BY_TPP,
}


@pytest.fixture
async def world(migrated_url: str):
    """The test runs once on each kind of database."""
    async with page_world(migrated_url) as made:
        yield made


def possible(pair: tuple[str, str]) -> set[ConsentState]:
    """Where the acts lead one after the other, in either order."""
    ends = {ENDS[name] for name in pair if name in ENDS}
    if set(pair) == {"carol signs", "carol refuses"}:  # what she said first counts
        return {HALF, *ends}
    if ends:
        return ends
    return {ConsentState.AUTHORISED if {"bob signs", "carol signs"} == set(pair) else HALF}


async def meet(world: PageWorld, first: Act, second: Act) -> tuple[Consent, list[object]]:
    consent = await lodge(world)
    await sign_first(world, consent, "alice", ALL_THREE)
    answers = await asyncio.gather(first(world, consent), second(world, consent), return_exceptions=True)
    assert all(isinstance(answer, Problem) for answer in answers if isinstance(answer, BaseException)), answers
    assert world.database.deadlocks == 0
    return await now(world, consent), list(answers)


async def test_two_who_decide_at_once(world: PageWorld):
    for pair in combinations_with_replacement(ACTS, 2):
        after, answers = await meet(world, *(ACTS[name] for name in pair))
        done = sum(not isinstance(answer, Problem) for answer in answers)
        assert after.state in possible(pair), (pair, after.state)
        assert done >= 1, pair
        assert after.version == 2 + done, "each that was not refused made one version"
        customers = [signature.customer_id for signature in after.signatures]
        assert len(set(customers)) == len(customers), pair


@pytest.mark.parametrize("act", ["bob signs", "carol refuses"])
async def test_a_decision_and_the_end_of_the_wait(world: PageWorld, act: str):
    async def lapse(world: PageWorld, consent: Consent) -> object:
        return await world.store.lapse(BRAND, consent.id)

    async def late(world: PageWorld, consent: Consent) -> object:
        world.clock.offset += rules_of(BERLIN_GROUP).half_signed_wait
        return await ACTS[act](world, consent)

    after, (decided, _) = await meet(world, late, lapse)
    assert isinstance(decided, Problem)
    assert after.effective_state(world.clock.now()) is ConsentState.REJECTED
    assert after.version in (2, 3), "recorded, or still to be recorded by the sweeper"
