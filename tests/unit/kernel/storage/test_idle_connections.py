"""A read on PostgreSQL is its statements and nothing else; a connection that ended in the pool is replaced unnoticed."""

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from kernel.storage.database import Database
from kernel.storage.idle_connections import IDLE_SECONDS, end_with_the_server

ONE = sa.select(sa.literal(1))


@pytest.fixture
async def database(postgresql_url):
    async with Database.open(postgresql_url) as database:
        yield database


async def driver_of(connection):
    return (await connection.get_raw_connection()).driver_connection


async def test_a_read_asks_the_server_for_its_statements_alone(database):
    said = []  # what the driver sends besides statements that it has prepared
    async with database.read() as connection:
        driver = await driver_of(connection)
        assert await connection.scalar(ONE) == 1
    driver.add_query_logger(lambda record: said.append(record.query))
    async with database.read() as connection:
        assert await driver_of(connection) is driver
        assert await connection.scalar(ONE) == 1
        assert await connection.scalar(ONE) == 1
    assert said == []
    async with database.snapshot() as connection:
        assert await connection.scalar(ONE) == 1
    assert [query.split()[0].rstrip(";") for query in said] == ["BEGIN", "ROLLBACK"]


async def test_a_connection_that_the_server_ended_in_the_pool_is_replaced(database):
    ended = asyncio.Event()
    async with database.read() as connection:
        driver = await driver_of(connection)
        driver.add_termination_listener(lambda _: ended.set())
    end = sa.select(sa.func.pg_terminate_backend(driver.get_server_pid()))
    async with database.reserved.read() as connection:
        await connection.execute(end)
    await ended.wait()
    async with database.read() as connection:
        assert await connection.scalar(ONE) == 1


async def test_a_connection_that_lay_long_is_asked_and_replaced_where_it_fails(postgresql_url):
    now = 0.0
    engine = create_async_engine(sa.make_url(postgresql_url).set(drivername="postgresql+asyncpg"), pool_size=1)
    end_with_the_server(engine, lambda: now)
    try:
        async with engine.connect() as connection:
            driver = await driver_of(connection)
        await driver.execute("BEGIN")  # no one may begin within it, so that it fails when it is asked
        now = IDLE_SECONDS - 1
        async with engine.connect() as connection:
            assert await driver_of(connection) is driver
        now = 2 * IDLE_SECONDS
        async with engine.connect() as connection:
            assert await driver_of(connection) is not driver
            assert await connection.scalar(ONE) == 1
    finally:
        await engine.dispose()
