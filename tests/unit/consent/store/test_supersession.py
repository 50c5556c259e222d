"""One recurring consent of a PSU with an organisation, where the standard has it so. NextGenPSD2 XS2A 1.3, "Create consent"."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from consent.store.tables import outbox
from kernel import json
from kernel.banking.consents import Consent, ConsentState
from tests.unit.consent.authentication.signing import BERLIN_GROUP, TWO_OF_TWO, lodge, now, sign_first, sign_too
from tests.unit.consent.customer.journey.world import BOROUGH, World, make_world


@pytest.fixture
async def world(migrated_sqlite_url: str) -> AsyncIterator[World]:
    async with make_world(migrated_sqlite_url) as made:
        yield made


@pytest.fixture
async def both_world(migrated_url: str) -> AsyncIterator[World]:
    """The test runs once on each kind of database."""
    async with make_world(migrated_url) as made:
        yield made


async def given(world: World, name: str = "alice", **facts: Any) -> Consent:
    return await sign_first(world, await world.lodge(lodged_as=BERLIN_GROUP, **facts), name)


async def state_of(world: World, consent: Consent) -> ConsentState:
    return (await now(world, consent)).state


@pytest.mark.spec("BG-XS2A-1.3-create-consent")
async def test_authorising_another_ends_the_former_and_lodging_one_does_not(both_world: World):
    world = both_world
    former = await given(world)
    following = await lodge(world)
    assert await state_of(world, former) is ConsentState.AUTHORISED
    await sign_first(world, following, "alice")
    assert await state_of(world, former) is ConsentState.SUPERSEDED
    assert await state_of(world, following) is ConsentState.AUTHORISED
    (told,) = [row for row in await world.rows(outbox) if row.kind == "consent.superseded"]
    assert json.decode(told.body, dict)["superseded_by"] == following.id
    assert world.versions.unnamed == set(), "what it ends was announced"


async def test_a_half_signed_one_ends_nothing_until_the_last_has_signed(world: World):
    former, following = await given(world), await lodge(world)
    await sign_first(world, following, "alice", TWO_OF_TWO)
    assert await state_of(world, former) is ConsentState.AUTHORISED
    await sign_too(world, following, "bob")
    assert await state_of(world, former) is ConsentState.SUPERSEDED


async def test_others_stay(world: World):
    """Those of another PSU, for one use, and in another standard."""
    others = [await given(world, "bob"), await given(world, is_recurring=False)]
    others.append(await sign_first(world, await lodge(world, lodged_as="uk_obie/v4.0"), "alice"))
    await given(world)
    assert {await state_of(world, other) for other in others} == {ConsentState.AUTHORISED}


async def test_one_for_a_single_use_ends_no_recurring_one(world: World):
    recurring = await given(world)
    await given(world, is_recurring=False)
    assert await state_of(world, recurring) is ConsentState.AUTHORISED


async def test_another_organisations_stays(world: World):
    mine = await given(world)
    theirs = await world.lodge(BOROUGH, lodged_as=BERLIN_GROUP)
    await sign_first(world, theirs, "alice", client=BOROUGH)
    assert await state_of(world, mine) is ConsentState.AUTHORISED
