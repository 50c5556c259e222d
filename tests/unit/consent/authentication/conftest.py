"""Authentication as a PSU meets it on the pages, on an embedded database; what depends on the locks of the database asks for both kinds."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.consent.customer.journey.world import World, make_world


@pytest.fixture
async def world(migrated_sqlite_url: str) -> AsyncIterator[World]:
    async with make_world(migrated_sqlite_url) as made:
        yield made


@pytest.fixture
async def both_world(migrated_url: str) -> AsyncIterator[World]:
    """The test runs once on each kind of database."""
    async with make_world(migrated_url) as made:
        yield made
