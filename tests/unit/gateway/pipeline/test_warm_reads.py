"""With the real hot state: a cold read asks the database for its versions, a warm one for nothing, a change is noticed at once."""

import time

import pytest
import sqlalchemy as sa

from kernel.banking.consents import ConsentState
from kernel.hot_state.epoch import Epoch, epoch_table
from kernel.hot_state.in_process import InProcessHotState
from kernel.hot_state.subjects import consent_subject
from kernel.hot_state.versions import Versions
from kernel.ids import SeededIds
from kernel.storage.database import Database
from policies.unattended_limit import ACCESSES_PER_DAY
from tests.world.gateway.snapshots import CONSENT
from tests.world.gateway.world import GatewayWorld

BALANCES = "/book/v1/accounts/a1/balances"
ATTENDED = {"X-PSU": "127.0.0.1"}


@pytest.fixture
async def made(sqlite_url):
    """A world whose decisions are the house's own, in one process, on a database that counts its statements."""
    world = GatewayWorld()
    metadata = sa.MetaData()
    table = epoch_table(metadata)
    async with Database.open(sqlite_url) as database:
        await database.write(lambda connection: connection.run_sync(metadata.create_all))
        epoch = Epoch(database, table, world.clock, time.monotonic)
        states = [InProcessHotState(time.monotonic, world.clock, SeededIds(name)) for name in ("shared", "local")]
        await epoch.adopt(states[0].run_id)
        world.known = world.decisions.versions
        world.asked = []

        async def load_version(subject: str) -> int | None:
            world.asked.append(subject)
            return world.known.get(subject, 0)

        world.versions = Versions(epoch, states[0], states[1], time.monotonic, load_version=load_version)
        world.decide_with(world.versions)
        world.database = database
        yield world


async def test_a_warm_read_executes_no_statement(made):
    assert (await made.ask(path=BALANCES, headers=ATTENDED)).status == 200
    assert len(made.asked) == 5
    statements = made.database.statements
    for _ in range(10):
        assert (await made.ask(path=BALANCES, headers=ATTENDED)).status == 200
    assert (len(made.asked), made.snapshots.loads, made.database.statements) == (5, 3, statements)


async def test_the_next_call_after_a_revocation_is_refused(made):
    assert (await made.ask(path=BALANCES)).status == 200
    subject = consent_subject("main", CONSENT.id)

    async def revoke():
        made.change(CONSENT, state=ConsentState.REVOKED_BY_PSU)
        return None, {subject: CONSENT.version + 1}

    await made.versions.change([subject], revoke)
    assert await made.code(path=BALANCES) == "consent_revoked"


@pytest.mark.spec("RTS-36.5.b")
async def test_the_fifth_access_without_the_psu_in_a_day_is_refused_and_with_the_psu_it_is_not(made):
    for _ in range(ACCESSES_PER_DAY):
        assert await made.code(path=BALANCES) == "allowed"
    assert await made.code(path=BALANCES) == "rate_exceeded"
    assert await made.code(path="/book/v1/accounts/a2/balances") == "allowed"
    assert await made.code(path=BALANCES, headers=ATTENDED) == "allowed"


async def test_a_refused_access_is_not_counted(made):
    for _ in range(ACCESSES_PER_DAY + 1):
        assert await made.code(path=BALANCES, headers={"Accept": "text/html"}) == "media_type_unacceptable"
    assert await made.code(path=BALANCES) == "allowed"
