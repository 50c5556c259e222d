"""The epoch's row, on both databases."""

import asyncio
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from kernel.clock import ManualClock
from kernel.hot_state.epoch import TRUST_SECONDS, Epoch, epoch_table
from kernel.storage.database import Database

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class World:
    def __init__(self, database, table):
        self.database = database
        self.table = table
        self.seconds = 100.0

    def worker(self):
        return Epoch(self.database, self.table, ManualClock(NOW), lambda: self.seconds)

    async def rows(self):
        async with self.database.read() as connection:
            return [tuple(row) for row in await connection.execute(sa.select(self.table))]


@pytest.fixture
async def world(database_url):
    metadata = sa.MetaData()
    table = epoch_table(metadata)
    async with Database.open(database_url) as database:
        await database.write(lambda connection: connection.run_sync(metadata.create_all))
        yield World(database, table)


async def test_workers_that_start_together_agree_on_the_first_epoch(world):
    workers = [world.worker() for _ in range(5)]
    await asyncio.gather(*(worker.adopt("run") for worker in workers))
    assert await world.rows() == [(1, 1, "run", NOW)]
    assert [(worker.number, worker.is_trusted()) for worker in workers] == [(1, True)] * 5


async def test_each_run_of_the_server_has_one_epoch_however_many_notice(world):
    workers = [world.worker() for _ in range(5)]
    await asyncio.gather(*(worker.adopt("run") for worker in workers))
    await asyncio.gather(*(worker.adopt("next run") for worker in workers))
    assert await world.rows() == [(1, 2, "next run", NOW)]
    assert {worker.number for worker in workers} == {2}


async def test_advancing_makes_one_epoch_each(world):
    workers = [world.worker() for _ in range(5)]
    await asyncio.gather(*(worker.adopt("run") for worker in workers))
    await asyncio.gather(*(worker.advance() for worker in workers))
    assert (await world.rows())[0][1] == 6


async def test_trust_runs_from_the_beginning_of_the_reading(world):
    worker = world.worker()
    assert not worker.is_trusted()
    await worker.adopt("run")
    world.seconds += TRUST_SECONDS
    assert not worker.is_trusted()
    await worker.confirm()
    assert worker.is_trusted()


async def test_without_a_server_there_is_nothing_to_trust(world):
    worker = world.worker()
    await worker.confirm()
    assert not worker.is_trusted()
    await worker.advance()
    assert worker.number == 1
    assert not worker.is_trusted()
    await worker.adopt("run")
    assert worker.number == 2
    assert worker.is_trusted()


async def test_an_advance_that_failed_is_made_good_before_anything_is_trusted(world):
    worker = world.worker()
    await worker.adopt("run")
    worker.owe_advance()
    assert not worker.is_trusted()
    await worker.confirm()
    assert worker.is_trusted()
    assert worker.number == 2


async def test_an_old_reading_does_not_bring_an_old_epoch_back(world):
    worker = world.worker()
    await worker.adopt("run")
    await worker.advance()
    worker._note(1, "run", world.seconds)
    assert worker.number == 2


async def test_names_subjects_by_its_number(world):
    worker = world.worker()
    await worker.adopt("run")
    assert worker.subject("main/consent/1") == "e1:main/consent/1"
