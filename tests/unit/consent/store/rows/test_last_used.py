"""When a consent was last used: written with a group of access records, never later than what is known already."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.store.rows import last_used
from consent.store.rows.last_used import LastUsed, Use, load_last_used, record_uses
from kernel.storage.database import Database
from tests.world.brands import START

LATER = START + timedelta(minutes=5)


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    async with Database.open(migrated_url) as database:
        yield database


async def write(database: Database, *uses: Use) -> int:
    """The number of statements that it took."""

    async def work(connection):
        before = database.statements
        await record_uses(connection, uses)
        return database.statements - before

    return await database.write(work)


async def read(database: Database, *consent_ids: str) -> dict[str, LastUsed]:
    async with database.read() as connection:
        return await load_last_used(connection, "main", consent_ids)


async def test_the_newest_of_a_group_counts(database):
    await write(database, Use("main", "a", LATER, True), Use("main", "a", START, False), Use("main", "b", START, True))
    assert await read(database, "a", "b", "never") == {"a": LastUsed(LATER, START), "b": LastUsed(START, None)}


async def test_an_older_group_that_comes_late_changes_nothing(database):
    await write(database, Use("main", "a", LATER, False))
    await write(database, Use("main", "a", START, False))
    await write(database, Use("main", "a", START, True))
    assert await read(database, "a") == {"a": LastUsed(LATER, LATER)}


async def test_another_brands_use_is_not_seen(database):
    await write(database, Use("other", "a", LATER, True))
    assert await read(database, "a") == {}


async def test_a_group_is_one_statement_however_large(database):
    assert await write(database, *(Use("main", f"consent-{number % 300}", START, True) for number in range(500))) == 1
    assert len(await read(database, *(f"consent-{number}" for number in range(300)))) == 300


async def test_an_empty_group_is_no_statement(database):
    assert await write(database) == 0


uses = st.lists(st.tuples(st.integers(0, 1000), st.booleans()), min_size=1)


@given(uses)
def test_the_order_within_a_group_does_not_matter(listed):
    known = None
    for minutes, attended in listed:
        known = last_used._later(known, Use("main", "a", START + timedelta(minutes=minutes), attended))
    assert known.at == START + timedelta(minutes=max(minutes for minutes, _ in listed))
    alone = [minutes for minutes, attended in listed if not attended]
    assert known.unattended_at == (START + timedelta(minutes=max(alone)) if alone else None)
