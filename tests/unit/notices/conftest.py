"""Worlds of notices: on SQLite where the database does not matter, on both kinds where it does."""

from collections.abc import AsyncIterator

import pytest

from tests.world.notices import NoticesWorld, notices_world


@pytest.fixture
async def world(migrated_sqlite_url: str) -> AsyncIterator[NoticesWorld]:
    async with notices_world(migrated_sqlite_url) as made:
        yield made


@pytest.fixture
async def both_world(migrated_url: str) -> AsyncIterator[NoticesWorld]:
    """The test runs once on each kind of database."""
    async with notices_world(migrated_url) as made:
        yield made
