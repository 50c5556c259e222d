"""The one write path, on both databases."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from kernel.errors import Overloaded
from kernel.storage import database as kernel_database
from kernel.storage.database import Database, Instant
from kernel.storage.outages import refuses_values

METADATA = sa.MetaData()
THINGS = sa.Table(
    "things", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("at", Instant), sa.Column("word", sa.String(4))
)


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


async def test_a_snapshot_sees_one_moment_and_keeps_no_writer_waiting(database):
    async def count(connection):
        return (await connection.execute(sa.select(sa.func.count()).select_from(THINGS))).scalar_one()

    async with database.snapshot() as connection:
        assert await count(connection) == 0
        await database.write(lambda writing: writing.execute(THINGS.insert().values(id=1)))
        assert await count(connection) == 0
    async with database.read() as connection:  # the same connection, given back as it was
        assert await count(connection) == 1
        await database.write(lambda writing: writing.execute(THINGS.insert().values(id=2)))
        assert await count(connection) == 2


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


async def test_a_pool_that_is_used_up_is_an_overload(database_url, monkeypatch):
    monkeypatch.setattr(kernel_database, "ACQUIRE_TIMEOUT_SECONDS", 0.05)

    async def use_up(stack):
        while True:
            await stack.enter_async_context(database.read())

    async def write_within(_connection):
        await database.write(write_within)

    async with Database.open(database_url) as database, AsyncExitStack() as stack:
        with pytest.raises(Overloaded):
            await database.write(write_within)
        with pytest.raises(Overloaded):
            await use_up(stack)


async def test_a_server_that_does_not_answer_in_time_is_an_overload(postgresql_url, monkeypatch):
    monkeypatch.setattr(kernel_database, "COMMAND_TIMEOUT_SECONDS", 0.2)
    slow = sa.select(sa.func.pg_sleep(5))
    async with Database.open(postgresql_url) as database:
        with pytest.raises(Overloaded):
            await database.write(lambda connection: connection.execute(slow))
        with pytest.raises(Overloaded):
            async with database.read() as connection:
                await connection.execute(slow)


async def test_patient_work_has_the_time_it_needs(database_url, monkeypatch):
    monkeypatch.setattr(kernel_database, "STATEMENT_TIMEOUT_MS", 50)
    monkeypatch.setattr(kernel_database, "COMMAND_TIMEOUT_SECONDS", 0.1)
    async with Database.open(database_url) as database:
        slow = sa.select(1) if database.is_sqlite else sa.select(sa.func.pg_sleep(0.3))
        await database.write_patiently(lambda connection: connection.execute(slow))


@pytest.mark.parametrize("values", [{"id": 1}, {"id": 2**70}, {"id": "one"}, {"at": datetime(2026, 1, 1)}, {"word": "\ud800"}])  # noqa: DTZ001
async def test_distinguishes_values_that_are_refused_from_an_outage(database, values):
    await database.write(lambda connection: connection.execute(THINGS.insert().values(id=1)))
    with pytest.raises(Exception) as refused:  # noqa: PT011  each driver has its own
        await database.write(lambda connection: connection.execute(THINGS.insert().values({"id": 2, **values})))
    assert refuses_values(refused.value)


@pytest.mark.parametrize("word", ["too long", "\0"])
async def test_a_value_that_postgresql_alone_refuses(postgresql_url, word):
    async with Database.open(postgresql_url) as database:
        await database.write(lambda connection: connection.run_sync(METADATA.create_all))
        with pytest.raises(sa.exc.DBAPIError) as refused:
            await database.write(lambda connection: connection.execute(THINGS.insert().values(id=2, word=word)))
    assert refuses_values(refused.value)


async def test_an_outage_refuses_no_values(database):
    with pytest.raises(sa.exc.DBAPIError) as failed:
        await database.write(lambda connection: connection.execute(sa.text("SELECT * FROM nothing_of_this_name")))
    assert not any(refuses_values(error) for error in (failed.value, OSError(), TimeoutError(), Overloaded()))
