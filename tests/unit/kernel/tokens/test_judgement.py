"""The one judgement of a token: by which versions it was made, and what it refuses."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from kernel.access import FamilyState
from kernel.errors import ClientInactive, TokenInvalid, TokenRevoked
from kernel.hot_state.checks import Check, VersionIs
from kernel.hot_state.subjects import client_subject, family_subject, keys_subject, token_subject
from kernel.tokens.judgement import judge_client, judge_family, judge_token
from tests.world.gateway.dialect import BRAND
from tests.world.gateway.neighbours import Tokens
from tests.world.gateway.snapshots import CC_TOKEN, CLIENT, FAMILY, TOKEN


@dataclass
class Ground:
    moved: dict[str, int] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)


def finding(thing: Any) -> Any:
    asked: list[bool] = []

    async def load(fresh: bool) -> Any:
        asked.append(fresh)
        return thing

    load.asked = asked  # type: ignore[attr-defined]
    return load


async def test_a_token_is_judged_by_the_current_keys_and_its_own_denial():
    ground, keys = Ground(), Tokens()
    assert await judge_token(ground, BRAND, keys, lambda: TOKEN) is TOKEN
    denial = token_subject("main", TOKEN.jti)
    assert ground.checks == [VersionIs(keys_subject("main"), 1), VersionIs(denial, 0)]
    ground, keys.stored_version = Ground({denial: 1, keys_subject("main"): 2}), 2
    with pytest.raises(TokenRevoked):
        await judge_token(ground, BRAND, keys, lambda: TOKEN)
    assert ground.checks == [VersionIs(keys_subject("main"), 2), VersionIs(denial, 1)]


async def test_a_token_that_does_not_verify_is_refused_by_the_keys_it_was_judged_by():
    ground = Ground()

    def verify() -> Any:
        raise TokenInvalid("forged")

    with pytest.raises(TokenInvalid):
        await judge_token(ground, BRAND, Tokens(), verify)
    assert ground.checks == [VersionIs(keys_subject("main"), 1)]


async def test_a_family_must_go_on_and_be_the_clients_own():
    ground, load = Ground({family_subject("main", FAMILY.id): 6}), finding(FAMILY)
    assert await judge_family(ground, BRAND, TOKEN, load) is FAMILY
    assert (load.asked, ground.checks) == ([True], [VersionIs(family_subject("main", FAMILY.id), FAMILY.version)])
    assert await judge_family(Ground(), BRAND, CC_TOKEN, finding(None)) is None
    ended = msgspec.structs.replace(FAMILY, state=FamilyState.ENDED)
    foreign = msgspec.structs.replace(FAMILY, client_id="client-2")
    for found, exchanged in ((None, True), (ended, True), (foreign, False)):
        with pytest.raises(TokenRevoked):
            await judge_family(Ground(), BRAND, TOKEN, finding(found), exchanged=exchanged)
    assert await judge_family(Ground(), BRAND, TOKEN, finding(foreign), exchanged=True) is foreign


async def test_a_client_must_be_registered_and_active():
    ground, load = Ground(), finding(CLIENT)
    assert await judge_client(ground, BRAND, CLIENT.id, load) is CLIENT
    assert (load.asked, ground.checks) == ([False], [VersionIs(client_subject("main", CLIENT.id), CLIENT.version)])
    inactive = msgspec.structs.replace(CLIENT, active=False)
    for found in (None, inactive):
        with pytest.raises(ClientInactive):
            await judge_client(Ground(), BRAND, CLIENT.id, finding(found))
