from collections.abc import AsyncIterator

import pytest

from tests.world.settled_money import SettledMoney, settled_money


@pytest.fixture
async def money(migrated_sqlite_url: str) -> AsyncIterator[SettledMoney]:
    async with settled_money(migrated_sqlite_url) as made:
        yield made


@pytest.fixture
async def both_money(migrated_url: str) -> AsyncIterator[SettledMoney]:
    """The test runs once on each kind of database."""
    async with settled_money(migrated_url) as made:
        yield made
