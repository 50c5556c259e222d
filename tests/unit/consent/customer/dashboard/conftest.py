"""The world of the PSU's pages, with consents that were given and used, and a visitor who has logged in."""

from collections.abc import AsyncIterator

import pytest

from tests.world.pages import page_world
from tests.world.visits import Visits


@pytest.fixture
async def visits(migrated_sqlite_url: str) -> AsyncIterator[Visits]:
    async with page_world(migrated_sqlite_url) as world:
        yield Visits(world)


@pytest.fixture
async def visits_anywhere(migrated_url: str) -> AsyncIterator[Visits]:
    """The test runs once on each kind of database."""
    async with page_world(migrated_url) as world:
        yield Visits(world)
