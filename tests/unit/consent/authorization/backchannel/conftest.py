"""The backchannel's world, on an embedded database; what depends on the database's locks asks for both kinds."""

from collections.abc import AsyncIterator

import pytest

from tests.world.backchannel import Backchannel, backchannel_world


@pytest.fixture
async def backchannel(begun_sqlite_url: str) -> AsyncIterator[Backchannel]:
    async with backchannel_world(begun_sqlite_url) as made:
        yield made


@pytest.fixture
async def backchannel_anywhere(begun_url: str) -> AsyncIterator[Backchannel]:
    """The test runs once on each kind of database."""
    async with backchannel_world(begun_url) as made:
        yield made
