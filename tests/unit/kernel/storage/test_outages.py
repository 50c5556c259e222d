"""An outage of the database is an overload, for any cause; a value that no row can hold is the caller's."""

import asyncio
from contextlib import AsyncExitStack, suppress

import asyncpg
import pytest
import sqlalchemy as sa

from kernel.errors import Overloaded, RequestMalformed
from kernel.storage import database as kernel_database
from kernel.storage.database import ATTEMPTS_MAX, Database
from tests.harness.server import free_ports

THINGS = sa.Table("things", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("word", sa.String(40)))


async def make(database):
    await database.write(lambda connection: connection.run_sync(THINGS.metadata.create_all))
    await database.write(lambda connection: connection.execute(THINGS.insert().values(id=1, word="one")))


def lock(connection):
    return connection.execute(THINGS.update().values(word="two"))


async def test_a_statement_that_takes_too_long_is_an_overload(postgresql_url, monkeypatch):
    monkeypatch.setattr(kernel_database, "STATEMENT_TIMEOUT_MS", 50)
    slow = sa.select(sa.func.pg_sleep(5))
    async with Database.open(postgresql_url) as database:
        with pytest.raises(Overloaded, match="57014"):
            await database.write(lambda connection: connection.execute(slow))
        with pytest.raises(Overloaded, match="57014"):
            async with database.read() as connection:
                await connection.execute(slow)


async def test_a_lock_that_is_not_had_in_time_is_an_overload(postgresql_url, monkeypatch):
    monkeypatch.setattr(kernel_database, "LOCK_TIMEOUT_MS", 50)

    async def lock_twice(connection):
        await lock(connection)
        with pytest.raises(Overloaded, match="55P03"):
            await database.write(lock)

    async with Database.open(postgresql_url) as database:
        await make(database)
        await database.write(lock_twice)


async def test_a_connection_that_the_server_ends_is_an_overload_and_the_next_one_works(postgresql_url):
    end = sa.select(sa.func.pg_terminate_backend(sa.func.pg_backend_pid()))
    async with Database.open(postgresql_url) as database:
        with pytest.raises(Overloaded):
            await database.write(lambda connection: connection.execute(end))
        async with database.read() as connection:
            assert await connection.scalar(sa.select(1)) == 1


async def test_a_connection_that_is_lost_while_it_is_set_up_is_an_overload(postgresql_url, monkeypatch):
    async def set_after_the_end(self, *arguments, **options):
        self.terminate()
        return await set_type_codec(self, *arguments, **options)

    set_type_codec = asyncpg.Connection.set_type_codec
    monkeypatch.setattr(asyncpg.Connection, "set_type_codec", set_after_the_end)
    async with Database.open(postgresql_url) as database:
        with pytest.raises(Overloaded, match="InterfaceError"):
            await database.write(lambda connection: connection.execute(sa.select(1)))
        with pytest.raises(Overloaded, match="InterfaceError"):
            async with database.read() as connection:
                await connection.execute(sa.select(1))


async def test_a_server_that_refuses_is_an_overload():
    (port,) = free_ports(1)
    async with Database.open(f"postgresql://someone:word@127.0.0.1:{port}/nothing?ssl=disable") as database:
        with pytest.raises(Overloaded):
            async with database.read():
                pass
        with pytest.raises(Overloaded):
            await database.write(lock)


@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
async def test_work_that_others_end_each_time_is_an_overload_at_last(postgresql_url, monkeypatch, sqlstate):
    monkeypatch.setattr(kernel_database, "RETRY_SECONDS", 0)
    runs = 0

    async def work(connection):
        nonlocal runs
        runs += 1
        await connection.exec_driver_sql(f"DO $$ BEGIN RAISE SQLSTATE '{sqlstate}'; END $$")

    async with Database.open(postgresql_url) as database:
        with pytest.raises(Overloaded, match=sqlstate):
            await database.write(work)
    assert runs == ATTEMPTS_MAX


async def test_two_that_lock_in_opposite_order_are_run_again_and_counted(postgresql_url):
    async with Database.open(postgresql_url) as database:
        await make(database)
        await database.write(lambda connection: connection.execute(THINGS.insert().values(id=2)))
        both_hold, holding = asyncio.Event(), 0

        async def take(first, second):
            async def work(connection):
                nonlocal holding
                await connection.execute(THINGS.update().where(THINGS.c.id == first).values(word="x"))
                holding += 1
                if holding >= 2:
                    both_hold.set()
                await both_hold.wait()
                await connection.execute(THINGS.update().where(THINGS.c.id == second).values(word="y"))

            await database.write(work)

        await asyncio.gather(take(1, 2), take(2, 1))
        assert database.deadlocks == 1


async def test_a_file_that_another_process_writes_to_is_an_overload_at_last(sqlite_url, monkeypatch):
    monkeypatch.setattr(kernel_database, "BUSY_TIMEOUT_MS", 1)
    monkeypatch.setattr(kernel_database, "RETRY_SECONDS", 0)
    async with Database.open(sqlite_url) as database, Database.open(sqlite_url) as other:
        await make(database)

        async def write_within(connection):
            await lock(connection)
            with pytest.raises(Overloaded):
                await other.write(lock)

        await database.write(write_within)


async def test_when_requests_have_every_connection_the_reserved_ones_still_answer(database_url, monkeypatch):
    monkeypatch.setattr(kernel_database, "ACQUIRE_TIMEOUT_SECONDS", 0.05)
    async with Database.open(database_url) as database, AsyncExitStack() as stack:
        await make(database.reserved)
        with suppress(Overloaded):
            while True:
                await stack.enter_async_context(database.read())
        async with database.reserved.read() as connection:
            assert await connection.scalar(sa.select(1)) == 1
        await database.reserved.write(lock)


@pytest.mark.parametrize("word", ["one\0", "\ud800"])
async def test_looking_up_by_what_no_row_can_hold_is_the_callers_mistake(database_url, word):
    """SQLite holds a NUL, so there nothing is found."""
    query = sa.select(THINGS.c.id).where(THINGS.c.word == word)
    async with Database.open(database_url) as database:
        await make(database)
        if database.is_sqlite and word.isascii():
            async with database.read() as connection:
                assert await connection.scalar(query) is None
            return
        with pytest.raises(RequestMalformed):
            async with database.read() as connection:
                await connection.scalar(query)
        with pytest.raises(RequestMalformed):
            await database.write(lambda connection: connection.scalar(query))
