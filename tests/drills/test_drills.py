"""The drills themselves, in small: each tool against a running sandbox, with nothing judged that depends on how fast the machine is."""

import pytest

from tests.drills.attacks import FLOODING, HOLDING
from tests.drills.enemy import attacking
from tests.drills.fuzz import Knowledge, make_call
from tests.drills.fuzz_run import fuzz
from tests.drills.honest import Honest
from tests.drills.site import Site
from tests.drills.written import read_written
from tests.harness.server import Server

ATTACKERS = 12
CALLS = 150
SEED = 7


@pytest.fixture
def site(embedded_server: Server) -> Site:
    return Site("sqlite", embedded_server)


async def test_heads_without_end_are_refused_while_an_honest_caller_reads(site):
    async with Honest.at(site) as honest, honest.watching() as watched:
        async with attacking(HOLDING["heads"], site.target, ATTACKERS) as attackers:
            struck = await attackers.strike()
        while not watched.seconds:
            await honest._read_once(watched)
    assert struck.tally.counts["tried"] == ATTACKERS
    assert struck.standing == 0 <= struck.most  # how many stood at one moment depends on the machine
    assert set(watched.statuses) == {"200"}
    assert watched.resident_most >= watched.resident_before > 0


async def test_forms_with_invented_cookies_write_nothing(site):
    before = await read_written(site.server)
    async with attacking(FLOODING["forms"], site.target, ATTACKERS) as attackers:
        struck = await attackers.strike()
    assert not [name for name in struck.tally.counts if name.startswith("answered 5") and name != "answered 503"]
    assert (await read_written(site.server)).since(before) == []


@pytest.mark.parametrize("with_credentials", [False, True], ids=["stranger", "tpp"])
async def test_seeded_calls_find_no_failure(site, with_credentials):
    found = await fuzz(site, CALLS, SEED, with_credentials=with_credentials)
    assert found.culprits == []
    assert sum(found.statuses.values()) == CALLS


def test_a_call_is_made_from_its_seed_and_number_alone():
    known = Knowledge(("token",), ("id",))
    assert [make_call(4, number, known) for number in range(50)] == [make_call(4, number, known) for number in range(50)]
    assert make_call(4, 1, known) != make_call(5, 1, known)
