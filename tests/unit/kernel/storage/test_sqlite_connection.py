"""A statement is one call to the connection's thread, and so one wait of its caller."""

import asyncio
import threading

import pytest
import sqlalchemy as sa

from kernel.storage.database import Database
from kernel.storage.sqlite_connection import FIRST_ROWS, open_sqlite

METADATA = sa.MetaData()
THINGS = sa.Table("things", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("word", sa.String(8)))
NUMBERS = sa.text("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < :most) SELECT x FROM n")


@pytest.fixture
async def database(tmp_path):
    async with Database.open(f"sqlite:///{tmp_path}/things.db") as database:
        await database.write(lambda connection: connection.run_sync(METADATA.create_all))
        yield database


async def driver_of(connection):
    return (await connection.get_raw_connection()).driver_connection


async def numbers(connection, most):
    return (await connection.execute(NUMBERS, {"most": most})).scalars().all()


async def test_a_read_is_one_call_for_each_statement(database):
    async with database.read() as connection:
        driver = await driver_of(connection)
    before = driver.calls
    async with database.read() as connection:
        assert await numbers(connection, FIRST_ROWS - 1) == list(range(1, FIRST_ROWS))
        assert await numbers(connection, 2) == [1, 2]
        assert await driver_of(connection) is driver
    assert driver.calls - before == 2


async def test_a_write_is_its_statements_and_the_two_that_enclose_them(database):
    driver = await database.write(driver_of)
    before = driver.calls
    await database.write(lambda connection: connection.execute(THINGS.insert().values(id=1)))
    assert await database.write(driver_of) is driver
    assert driver.calls - before == 3 + 2  # and those of the write that looks


@pytest.mark.parametrize("most", [FIRST_ROWS, FIRST_ROWS + 1, 3 * FIRST_ROWS + 1])
async def test_a_long_result_is_whole(database, most):
    async with database.read() as connection:
        assert await numbers(connection, most) == list(range(1, most + 1))
        async with connection.stream(NUMBERS, {"most": most}) as found:
            assert [row.x async for row in found] == list(range(1, most + 1))


async def test_a_long_result_is_fetched_as_it_is_asked_for(database):
    """And one that is left unread can be left."""
    async with database.read() as connection:
        async with connection.stream(NUMBERS, {"most": 1_000_000_000}, execution_options={"yield_per": 10}) as found:
            assert (await anext(found)).x == 1
        assert await numbers(connection, 2) == [1, 2]


async def test_says_what_a_statement_changed(database):
    async def work(connection):
        insert = THINGS.insert().values([{"id": number, "word": "a"} for number in range(3)]).returning(THINGS.c.id)
        assert (await connection.execute(insert)).scalars().all() == [0, 1, 2]
        assert (await connection.execute(THINGS.insert(), [{"id": 7}, {"id": 8}])).rowcount == 2
        return (await connection.execute(THINGS.update().values(word="b").where(THINGS.c.id < 2))).rowcount

    assert await database.write(work) == 2


async def test_what_a_call_that_was_given_up_still_began_is_rolled_back(tmp_path):
    """The thread runs it although its caller has gone, and no later user of the connection finds it open."""
    connection = await open_sqlite(sa.make_url(f"sqlite+aiosqlite:///{tmp_path}/things.db"))
    try:
        is_free = threading.Event()
        before = asyncio.ensure_future(connection.call(lambda _: is_free.wait()))
        begin = asyncio.ensure_future(connection.cursor().execute("BEGIN"))
        await asyncio.sleep(0)  # both wait for the thread
        begin.cancel()
        rollback = asyncio.ensure_future(connection.rollback())
        await asyncio.sleep(0)
        is_free.set()
        await asyncio.gather(before, begin, rollback, return_exceptions=True)
        await connection.call(lambda _: None)
        assert not connection.in_transaction
    finally:
        await connection.close()
