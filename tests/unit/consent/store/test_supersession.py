"""One recurring consent of a PSU with an organisation, where the standard has it so. NextGenPSD2 XS2A 1.3, "Create consent"."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from consent.authentication.approval import NoAnswer, approve
from consent.authentication.consent_subject import ConsentSubject
from kernel import json
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import Consent, ConsentKind, ConsentState
from kernel.banking.terms import FundsTerms
from tests.world.brands import BRAND
from tests.world.clients import BOROUGH, CLIENT
from tests.world.pages import PageWorld
from tests.world.signing import BERLIN_GROUP, TWO_OF_TWO, approval_of, lodge, now, sign_first, sign_too

FUNDS = FundsTerms(account=AccountIdentifier(Scheme.SORT_CODE, "80200112345678"))


async def given(world: PageWorld, name: str = "alice", **facts: Any) -> Consent:
    return await sign_first(world, await world.lodge(lodged_as=BERLIN_GROUP, **facts), name)


async def state_of(world: PageWorld, consent: Consent) -> ConsentState:
    return (await now(world, consent)).state


@pytest.mark.spec("BG-XS2A-1.3-create-consent")
async def test_authorising_another_ends_the_former_and_lodging_one_does_not(both_world: PageWorld):
    world = both_world
    former = await given(world)
    following = await lodge(world)
    assert await state_of(world, former) is ConsentState.AUTHORISED
    await sign_first(world, following, "alice")
    assert await state_of(world, former) is ConsentState.SUPERSEDED
    assert await state_of(world, following) is ConsentState.AUTHORISED
    (shown,) = await world.books.records.events(kind="consent.superseded")
    assert json.decode(shown.body, dict)["superseded_by"] == following.id
    assert world.versions.unnamed == set(), "what it ends was announced"


async def test_a_half_signed_one_ends_nothing_until_the_last_has_signed(world: PageWorld):
    former, following = await given(world), await lodge(world)
    await sign_first(world, following, "alice", TWO_OF_TWO)
    assert await state_of(world, former) is ConsentState.AUTHORISED
    await sign_too(world, following, "bob")
    assert await state_of(world, former) is ConsentState.SUPERSEDED


async def test_others_stay(world: PageWorld):
    """Those of another PSU, for one use, and in another standard."""
    others = [await given(world, "bob"), await given(world, is_recurring=False)]
    others.append(await sign_first(world, await lodge(world, lodged_as="uk_obie/v4.0"), "alice"))
    await given(world)
    assert {await state_of(world, other) for other in others} == {ConsentState.AUTHORISED}


async def test_one_for_a_single_use_ends_no_recurring_one(world: PageWorld):
    recurring = await given(world)
    await given(world, is_recurring=False)
    assert await state_of(world, recurring) is ConsentState.AUTHORISED


async def test_one_that_was_suspended_stays_at_its_end(world: PageWorld):
    """XS2A 1.3, "Consent Status": revokedByPsu is final."""
    suspended = await given(world)
    await world.store.suspend(BRAND, suspended.id)
    await given(world)
    assert await state_of(world, suspended) is ConsentState.SUSPENDED


async def test_of_two_that_are_authorised_at_one_moment_one_stands(both_world: PageWorld):
    world = both_world
    for _ in range(3):
        both = [await lodge(world), await lodge(world)]
        approvals = [await approval_of(world, each, "alice") for each in both]
        approvals[1] = replace(approvals[1], upstream_ids=("up-k",))  # of one account they would wait for each other anyway
        subjects = [ConsentSubject(world.services, BRAND, each.id, CLIENT.caller) for each in both]
        pairs = zip(subjects, approvals, strict=True)
        await asyncio.gather(*(approve(world.services, BRAND, subject, one, NoAnswer()) for subject, one in pairs))
        assert sorted([await state_of(world, each) for each in both]) == [ConsentState.AUTHORISED, ConsentState.SUPERSEDED]
    assert world.database.deadlocks == 0


async def test_a_consent_to_funds_checks_leaves_another_in_force(world: PageWorld):
    """Confirmation of Funds Consent 2.0, "Create consent": there is no side effect."""
    both = [await world.lodge(kind=ConsentKind.FUNDS, terms=FUNDS, lodged_as=BERLIN_GROUP) for _ in range(2)]
    for each in both:
        await sign_first(world, each, "alice")
    assert [await state_of(world, each) for each in both] == [ConsentState.AUTHORISED] * 2


async def test_another_organisations_stays(world: PageWorld):
    mine = await given(world)
    theirs = await world.lodge(BOROUGH, lodged_as=BERLIN_GROUP)
    await sign_first(world, theirs, "alice", client=BOROUGH)
    assert await state_of(world, mine) is ConsentState.AUTHORISED
