"""The shared hot state when its server is away, stuck, restarted from an old dump, or has lost its functions."""

import asyncio
import math
import time
from datetime import UTC, datetime
from itertools import count

import pytest
import redis
import sqlalchemy as sa

from kernel.clock import ManualClock, monotonic
from kernel.hot_state.checks import Current, FirstUse, Fresh, Moved, Replayed, Unavailable, Unknown, VersionIs, WithinRate
from kernel.hot_state.epoch import Epoch, epoch_table
from kernel.hot_state.in_process import InProcessHotState
from kernel.hot_state.redis import SUFFIX, RedisHotState
from kernel.hot_state.redis_connection import CALL_SECONDS_MAX
from kernel.hot_state.versions import Versions
from kernel.ids import RandomIds
from kernel.storage.database import Database
from tests.harness.patience import PATIENCE_SECONDS

S = "main/consent/1"
CLOCK = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
QUESTIONS = [VersionIs(S, 1), WithinRate("main/r", 5, 60), FirstUse("main/j", 60)]


TURNS = 5  # of the loop, in which nothing can be waited for


def answer_at_once(question):
    """The answer of what waits for nothing."""
    with pytest.raises(StopIteration) as answered:
        question.send(None)
    return answered.value.value


async def until_lost(hot_state):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while hot_state.is_available:
            await hot_state.decide([])


async def until_available(hot_state):
    async with asyncio.timeout(PATIENCE_SECONDS):
        await hot_state.wait_until_available()


async def test_answers_unavailable_when_no_server_was_ever_there(tmp_path):
    hot_state = RedisHotState(f"unix://{tmp_path}/none", RandomIds())
    async with hot_state.lifetime():
        assert await hot_state.decide(QUESTIONS) == (Unavailable(),) * 3
        assert await hot_state.close([S]) is False
        assert await hot_state.publish({S: 1}) is False
        assert await hot_state.born_at() == math.inf
        await hot_state.fill(S, 1, "token")


async def test_a_lost_server_is_noticed_and_found_again(mortal_valkey):
    hot_state = RedisHotState(mortal_valkey.url, RandomIds())
    async with hot_state.lifetime():
        await hot_state.publish({S: 1})
        mortal_valkey.kill()
        await until_lost(hot_state)
        assert answer_at_once(hot_state.decide(QUESTIONS)) == (Unavailable(),) * 3
        mortal_valkey.start()
        await until_available(hot_state)
        assert isinstance((await hot_state.decide(QUESTIONS))[0], Unknown)


async def test_a_stuck_server_costs_one_wait(mortal_valkey):
    """All calls under way wait together, and later calls do not wait."""
    hot_state = RedisHotState(mortal_valkey.url, RandomIds())
    async with hot_state.lifetime():
        mortal_valkey.freeze()
        began = time.monotonic()
        asking = [asyncio.create_task(hot_state.decide(QUESTIONS)) for _ in range(50)]
        await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        assert time.monotonic() - began > CALL_SECONDS_MAX * 0.9
        for _ in range(TURNS):
            await asyncio.sleep(0)
        assert [question.result() for question in asking if question.done()] == [(Unavailable(),) * 3] * 50
        assert answer_at_once(hot_state.decide(QUESTIONS)) == (Unavailable(),) * 3
        mortal_valkey.thaw()
        await until_available(hot_state)


async def test_a_server_that_refuses_is_no_server(mortal_valkey):
    """Out of memory, turned replica, still loading: what cannot be kept cannot be trusted."""
    hot_state = RedisHotState(mortal_valkey.url, RandomIds())
    with mortal_valkey.client() as client:
        async with hot_state.lifetime():
            client.replicaof("127.0.0.1", "1")
            assert await hot_state.decide(QUESTIONS) == (Unavailable(),) * 3
            assert not hot_state.is_available
            client.replicaof("NO", "ONE")
            await until_available(hot_state)


async def test_lost_functions_are_loaded_again(valkey):
    hot_state = RedisHotState(valkey.url, RandomIds())
    with valkey.client() as client:
        async with hot_state.lifetime():
            await hot_state.publish({S: 1})
            client.function_flush()
            verdicts = await asyncio.gather(*(hot_state.decide([VersionIs(S, 1)]) for _ in range(10)))
            assert verdicts == [(Current(),)] * 10


async def test_one_request_is_one_call(valkey):
    hot_state = RedisHotState(valkey.url, RandomIds())
    with valkey.client() as client:
        async with hot_state.lifetime():
            client.config_resetstat()
            await hot_state.decide(QUESTIONS)
            assert client.info("commandstats")["cmdstat_fcall"]["calls"] == 1
            assert any(key.startswith(b"portcullis:subject:") for key in client.scan_iter("*"))


async def test_two_versions_of_the_library_live_side_by_side(valkey):
    """Old and new workers share the server while one replaces the other."""
    with valkey.client() as client:
        client.function_load(
            "#!lua name=portcullis_other\nredis.register_function('portcullis_decide_other', function() return 1 end)", True
        )
        hot_state = RedisHotState(valkey.url, RandomIds())
        async with hot_state.lifetime():
            assert hot_state.is_available
        assert client.fcall("portcullis_decide_other", 0) == 1
        assert SUFFIX != "other"


def test_works_on_the_faster_event_loop_too(valkey):
    """Its transports are of another family than asyncio's own."""
    uvloop = pytest.importorskip("uvloop")

    async def main():
        hot_state = RedisHotState(valkey.url, RandomIds())
        async with hot_state.lifetime():
            await hot_state.publish({S: 1})
            return await hot_state.decide([VersionIs(S, 1)])

    assert uvloop.run(main()) == (Current(),)


async def test_an_answer_without_a_waiting_caller_does_no_harm(valkey):
    """A request that is cancelled leaves its place in the pipeline."""
    hot_state = RedisHotState(valkey.url, RandomIds())
    async with hot_state.lifetime():
        await hot_state.publish({S: 1})
        tasks = [asyncio.ensure_future(hot_state.decide([VersionIs(S, version)])) for version in (1, 0, 1)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        assert await tasks[1] == (Moved(1),)
        assert await tasks[2] == (Current(),)


async def test_the_memory_of_first_uses_begins_again_with_the_server(mortal_valkey):
    """A dump from before the first use would let it happen again."""
    hot_state = RedisHotState(mortal_valkey.url, RandomIds())
    with mortal_valkey.client() as client:
        async with hot_state.lifetime():
            began = await hot_state.born_at()
            client.save()
            assert await hot_state.decide([FirstUse("main/j", 60, began)]) == (Fresh(),)
            mortal_valkey.kill()
            await until_lost(hot_state)
            mortal_valkey.start()
            await until_available(hot_state)
            assert await hot_state.decide([FirstUse("main/j", 60, began)]) == (Replayed(),)
            assert await hot_state.born_at() > began


async def test_an_emptied_server_begins_its_memory_again(valkey):
    hot_state = RedisHotState(valkey.url, RandomIds())
    with valkey.client() as client:
        async with hot_state.lifetime():
            began = await hot_state.born_at()
            client.flushall()
            assert await hot_state.decide([FirstUse("main/j", 60, began)]) == (Replayed(),)


async def test_a_server_is_not_trusted_while_its_restart_cannot_be_recorded(valkey):
    attempts = count()
    recorded = asyncio.Event()

    async def on_restart(run_id):
        if next(attempts) < 1:
            raise ConnectionError("the database is away")
        recorded.set()

    hot_state = RedisHotState(valkey.url, RandomIds(), on_restart=on_restart)
    async with hot_state.lifetime():
        assert not hot_state.is_available
        assert await hot_state.decide(QUESTIONS) == (Unavailable(),) * 3
        await until_available(hot_state)
        assert recorded.is_set()


async def test_a_password_and_a_database_number_are_used(mortal_valkey):
    with mortal_valkey.client() as client:
        client.config_set("requirepass", "correct")
        for password, available in (("wrong", False), ("correct", True)):
            hot_state = RedisHotState(f"unix://:{password}@{mortal_valkey.socket}?db=3", RandomIds())
            async with hot_state.lifetime():
                assert hot_state.is_available is available
        with redis.Redis.from_url(f"unix://:correct@{mortal_valkey.socket}?db=3") as third:
            assert third.exists("portcullis:memory")


class Registry:
    """One consent in a real database, and a worker's `Versions` over it."""

    def __init__(self, database, url):
        metadata = sa.MetaData()
        self.database = database
        self.epochs = epoch_table(metadata)
        self.consents = sa.Table(
            "consents", metadata, sa.Column("id", sa.String(64), primary_key=True), sa.Column("version", sa.Integer)
        )
        self.metadata = metadata
        self.pauses = []
        self.epoch = Epoch(database, self.epochs, CLOCK, monotonic)
        self.hot_state = RedisHotState(url, RandomIds(), on_restart=self.epoch.adopt)
        local = InProcessHotState(monotonic, CLOCK, RandomIds())
        self.versions = Versions(self.epoch, self.hot_state, local, monotonic, load_version=self.load_version, pause=self.pause)

    async def create(self):
        async def work(connection):
            await connection.run_sync(self.metadata.create_all)
            await connection.execute(self.consents.insert().values(id=S, version=1))

        await self.database.write(work)

    async def pause(self, seconds):
        self.pauses.append(seconds)

    async def load_version(self, subject):
        async with self.database.read() as connection:
            return (await connection.execute(sa.select(self.consents.c.version).where(self.consents.c.id == subject))).scalar()

    async def change(self):
        async def work(connection):
            await connection.execute(self.consents.update().values(version=self.consents.c.version + 1))

        await self.database.write(work)
        return None, {S: await self.load_version(S)}

    async def decide(self, version):
        return (await self.versions.decide([VersionIs(S, version)]))[0]

    async def revoke(self):
        await self.versions.change([S], self.change)


@pytest.fixture
async def registry(database_url, mortal_valkey):
    async with Database.open(database_url) as database:
        registry = Registry(database, mortal_valkey.url)
        await registry.create()
        async with registry.hot_state.lifetime(), registry.versions.lifetime():
            yield registry


async def test_a_warm_question_asks_no_database(registry):
    assert await registry.decide(1) == Current()
    asked = registry.versions.asked_database
    assert await registry.decide(1) == Current()
    assert registry.versions.asked_database == asked
    await registry.revoke()
    assert await registry.decide(1) == Moved(2)
    assert await registry.decide(2) == Current()
    assert registry.versions.asked_database == asked
    assert registry.pauses == []


async def test_an_old_dump_cannot_bring_back_what_was_revoked(registry, mortal_valkey):
    """Save, revoke, crash, start from the dump: the dump says that the first version is current."""
    assert await registry.decide(1) == Current()
    with mortal_valkey.client() as client:
        client.save()
    await registry.revoke()
    before = registry.epoch.number
    mortal_valkey.kill()
    await until_lost(registry.hot_state)
    mortal_valkey.start()
    await until_available(registry.hot_state)
    with mortal_valkey.client() as client:
        assert client.hget(f"portcullis:subject:e{before}:{S}", "version") == b"1"
    assert registry.versions.is_trusted
    assert registry.epoch.number == before + 1
    assert await registry.decide(1) == Moved(2)


async def test_a_revocation_during_an_outage_commits_a_new_epoch_and_waits(registry, mortal_valkey):
    """The other workers may still reach the server, and believe it for two seconds."""
    assert await registry.decide(1) == Current()
    before = registry.epoch.number
    mortal_valkey.kill()
    await registry.revoke()
    assert registry.pauses == [2.0]
    assert registry.epoch.number == before + 1
    assert await registry.decide(1) == Moved(2)


async def test_a_worker_cut_off_from_the_server_makes_the_others_forget(registry, mortal_valkey, database_url, tmp_path):
    """Its revocation cannot reach the server: the others learn of it by the epoch."""
    assert await registry.decide(1) == Current()
    async with Database.open(database_url) as database:
        cut_off = Registry(database, f"unix://{tmp_path}/none")
        async with cut_off.hot_state.lifetime(), cut_off.versions.lifetime():
            await cut_off.revoke()
            assert cut_off.pauses == [2.0]
            await registry.versions.confirm()  # what happens by itself within those two seconds
            assert await registry.decide(1) == Moved(2)


async def test_a_worker_on_another_server_is_not_believed(registry, valkey, database_url):
    """After a failover two servers may live: only the one that the database names counts."""
    assert await registry.decide(1) == Current()
    async with Database.open(database_url) as database:
        other = Registry(database, valkey.url)
        async with other.hot_state.lifetime(), other.versions.lifetime():
            await registry.versions.confirm()
            assert other.versions.is_trusted
            assert not registry.versions.is_trusted
            await other.revoke()
            assert await registry.decide(1) == Moved(2)
            await registry.revoke()
            assert registry.pauses == [2.0]


async def test_limits_are_shared_out_and_first_uses_refused_during_an_outage(registry, mortal_valkey):
    mortal_valkey.kill()
    await until_lost(registry.hot_state)
    rate, use = WithinRate("main/r", 5, 60), FirstUse("main/j", 60)
    verdicts = await registry.versions.decide([VersionIs(S, 1), rate, use])
    assert verdicts[0] == Current()
    assert verdicts[1].remaining == 5
    assert verdicts[2] == Unavailable()
    verdicts = await registry.versions.decide([VersionIs(S, 1), rate])
    assert verdicts[1].remaining == 4
