"""Leases on both databases: one holder, and a fence against the one before."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from kernel.clock import ManualClock
from kernel.ids import RandomIds
from kernel.storage import lease as lease_module
from kernel.storage.database import Database
from kernel.storage.lease import LEASE_SECONDS, Lease, LeaseLost, lease_table, run_singleton


class Cluster:
    def __init__(self, database, table, written):
        self.database = database
        self.table = table
        self.written = written
        self.clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))

    def process(self, brand="main", name="janitor"):
        return Lease(self.database, self.table, self.clock, RandomIds(), brand=brand, name=name)

    def pass_time(self, seconds):
        self.clock.advance(timedelta(seconds=seconds))

    async def write(self, lease):
        async def work(connection):
            await lease.check_fence(connection)
            await connection.execute(self.written.insert().values(fence=lease.fence))

        await self.database.write(work)

    async def rows(self):
        async with self.database.read() as connection:
            return list((await connection.execute(sa.select(self.written.c.fence))).scalars())


@pytest.fixture
async def cluster(database_url):
    metadata = sa.MetaData()
    table = lease_table(metadata)
    written = sa.Table("written", metadata, sa.Column("fence", sa.Integer))
    async with Database.open(database_url) as database:
        await database.write(lambda connection: connection.run_sync(metadata.create_all))
        yield Cluster(database, table, written)


async def test_one_of_many_takes_it(cluster):
    processes = [cluster.process() for _ in range(5)]
    assert sorted(await asyncio.gather(*(process.acquire() for process in processes))) == [False] * 4 + [True]


async def test_leases_of_other_names_and_brands_are_apart(cluster):
    for other in (cluster.process(), cluster.process(name="sweeper"), cluster.process(brand="second")):
        assert await other.acquire()
        assert other.fence == 1


async def test_is_taken_when_it_expired_and_never_before(cluster):
    first, second = cluster.process(), cluster.process()
    await first.acquire()
    cluster.pass_time(LEASE_SECONDS - 1)
    assert not await second.acquire()
    await first.renew()
    cluster.pass_time(LEASE_SECONDS - 1)
    assert not await second.acquire()
    cluster.pass_time(1)
    assert await second.acquire()
    assert second.fence == 2


async def test_a_holder_that_was_succeeded_learns_it(cluster):
    first, second = cluster.process(), cluster.process()
    await first.acquire()
    cluster.pass_time(LEASE_SECONDS)
    await second.acquire()
    with pytest.raises(LeaseLost):
        await first.renew()
    assert first.fence is None


async def test_who_was_succeeded_writes_nothing(cluster):
    """A paused holder wakes up in the middle of its work."""
    first, second = cluster.process(), cluster.process()
    await first.acquire()
    await cluster.write(first)
    cluster.pass_time(LEASE_SECONDS)
    await second.acquire()
    await cluster.write(second)
    with pytest.raises(LeaseLost):
        await cluster.write(first)
    assert await cluster.rows() == [1, 2]


async def test_an_expired_holder_without_a_successor_goes_on(cluster):
    lease = cluster.process()
    await lease.acquire()
    cluster.pass_time(LEASE_SECONDS * 2)
    await cluster.write(lease)
    await lease.renew()
    assert await cluster.rows() == [1]


async def test_who_never_held_it_writes_nothing(cluster):
    with pytest.raises(LeaseLost):
        await cluster.write(cluster.process())


async def test_what_is_released_is_free_at_once(cluster):
    first, second = cluster.process(), cluster.process()
    await first.acquire()
    await first.release()
    assert await second.acquire()
    await first.release()
    assert not await first.acquire()


async def test_is_held_while_work_runs_and_free_afterwards(cluster):
    first, second = cluster.process(), cluster.process()

    async def work(held):
        assert held is first
        assert not await second.hold(work)

    assert await first.hold(work)
    assert await second.acquire()


async def test_work_ends_when_the_lease_is_lost(cluster, monkeypatch):
    monkeypatch.setattr(lease_module, "RENEW_SECONDS", 0)
    first, second = cluster.process(), cluster.process()
    cancelled = []

    async def work(held):
        cluster.pass_time(LEASE_SECONDS)
        try:
            while not await second.acquire():  # unless it was renewed meanwhile
                cluster.pass_time(LEASE_SECONDS)
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    with pytest.raises(LeaseLost):
        await first.hold(work)
    assert cancelled == [True]
    await second.renew()


async def test_raises_what_work_raises_and_lets_go(cluster):
    async def work(held):
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await cluster.process().hold(work)
    assert await cluster.process().acquire()


class Rounds:
    """Ends a loop after so many pauses, without waiting."""

    def __init__(self, rounds):
        self.left = rounds
        self.over = asyncio.Event()

    async def pause(self, seconds):
        self.left -= 1
        if self.left <= 0:
            self.over.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)


async def cancel(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_singleton_runs_again_and_again_through_failures_and_lets_go(cluster):
    runs, rounds = [], Rounds(3)

    async def work(held):
        runs.append(held.fence)
        if len(runs) == 2:
            raise ValueError("one bad run")

    task = asyncio.ensure_future(run_singleton("janitor", cluster.process(), 60, work, pause=rounds.pause))
    await rounds.over.wait()
    await cancel(task)
    assert runs == [1, 1, 1]
    assert await cluster.process().acquire()


async def test_a_singleton_waits_while_another_holds_its_lease(cluster):
    runs, rounds = [], Rounds(3)
    await cluster.process().acquire()

    async def work(held):
        runs.append(held.fence)

    task = asyncio.ensure_future(run_singleton("janitor", cluster.process(), 60, work, pause=rounds.pause))
    await rounds.over.wait()
    await cancel(task)
    assert runs == []


async def test_a_singleton_that_lost_its_lease_takes_it_again_when_it_can(cluster):
    runs, rounds = [], Rounds(3)
    other = cluster.process()

    async def work(held):
        runs.append(held.fence)
        if len(runs) == 1:
            cluster.pass_time(LEASE_SECONDS)
            await other.acquire()
            await other.release()
            await cluster.write(held)

    task = asyncio.ensure_future(run_singleton("janitor", cluster.process(), 60, work, pause=rounds.pause))
    await rounds.over.wait()
    await cancel(task)
    assert runs == [1, 3, 3]
    assert await cluster.rows() == []
