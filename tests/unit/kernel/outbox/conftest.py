"""The world of an outbox, on each kind of database."""

from collections.abc import AsyncIterator

import pytest

from kernel.storage.database import Database
from tests.unit.kernel.outbox.world import METADATA, World


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with Database.open(database_url) as database:
        await database.write(lambda connection: connection.run_sync(METADATA.create_all))
        yield World(database)
