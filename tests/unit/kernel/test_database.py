"""The one write path, on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from kernel.database import Database, Instant

METADATA = sa.MetaData()
THINGS = sa.Table("things", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("at", Instant))


@pytest.fixture
async def database(database_url):
    async with Database.open(database_url) as database:
        await database.write(lambda connection: connection.run_sync(METADATA.create_all))
        yield database


async def test_returning_commits_and_raising_rolls_back(database):
    async def insert(connection):
        await connection.execute(THINGS.insert().values(id=1))

    async def insert_and_fail(connection):
        await connection.execute(THINGS.insert().values(id=2))
        raise LookupError

    await database.write(insert)
    with pytest.raises(LookupError):
        await database.write(insert_and_fail)
    async with database.read() as connection:
        assert (await connection.execute(sa.select(THINGS.c.id))).scalars().all() == [1]


async def test_instants_keep_their_microseconds_and_come_back_in_utc(database):
    at = datetime(2026, 7, 1, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))

    async def insert(connection):
        await connection.execute(THINGS.insert().values(id=1, at=at))

    await database.write(insert)
    async with database.read() as connection:
        stored = (await connection.execute(sa.select(THINGS.c.at))).scalar()
    assert stored == at
    assert stored.tzinfo is UTC


async def test_many_writers_all_commit(database):
    async def insert(number):
        async def work(connection):
            await connection.execute(THINGS.insert().values(id=number))

        await database.write(work)

    await asyncio.gather(*(insert(number) for number in range(50)))
    async with database.read() as connection:
        assert (await connection.execute(sa.select(sa.func.count()).select_from(THINGS))).scalar() == 50
