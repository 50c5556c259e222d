"""Any two commands at once, on both databases: the second waits, and no two wait for each other."""

import asyncio
import os
import random
from itertools import combinations_with_replacement

import pytest
from sqlalchemy.exc import IntegrityError

from consent.authentication.attempt_counts import AttemptsExhausted
from kernel.errors import Problem
from kernel.storage.lease import LeaseLost
from tests.harness.commands import find_commands
from tests.harness.databases import KINDS, SQLITE
from tests.unit.consent.scene import ACTS, Scene
from tests.world.authorization import authorization_world, begin

SEED = int(os.environ.get("PORTCULLIS_SIMULATE_SEED", "4"))
PAIRS = int(os.environ.get("PORTCULLIS_SIMULATE_PAIRS", "24"))  # 0: all of them
ON_SQLITE = 8  # which has one writer at a time
ROUNDS = 2
TIMEOUT_SECONDS = int(os.environ.get("PORTCULLIS_SIMULATE_TIMEOUT", "300"))


def test_every_command_has_an_act():
    assert {kind.__name__ for kind in ACTS} == {kind.__name__ for kind in find_commands()}


@pytest.mark.timeout(TIMEOUT_SECONDS)
@pytest.mark.parametrize("kind", KINDS)
async def test_two_commands_never_deadlock(kind, databases, tmp_path):
    pairs = [*combinations_with_replacement(ACTS, 2)]
    if count := ON_SQLITE if kind == SQLITE else PAIRS:
        pairs = random.Random(SEED).sample(pairs, count)
    with databases.database(kind, tmp_path, begin) as url:
        async with authorization_world(url) as world:
            for pair in pairs:
                for _ in range(ROUNDS):
                    await meet(world, pair)
            assert world.database.deadlocks == 0


async def meet(world, pair):
    """Both begin at once. A refusal is an answer; anything else that is raised is not."""
    scene = await Scene.make(world)
    acts = [ACTS[kind](scene) for kind in pair]
    answers = await asyncio.gather(*(act() for act in acts), return_exceptions=True)
    names = [kind.__name__ for kind in pair]
    wrong = [
        each
        for each in answers
        if isinstance(each, BaseException) and not isinstance(each, Problem | IntegrityError | AttemptsExhausted | LeaseLost)
    ]
    assert not wrong, (names, wrong)
    assert world.database.deadlocks == 0, names
