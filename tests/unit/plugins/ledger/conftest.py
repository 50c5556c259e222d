"""The ground of the ledger's tests."""

import pytest

from kernel.clock import ManualClock
from kernel.storage.database import Database
from plugins.ledger.postings.poster import Poster
from tests.unit.plugins.ledger.scene import NOW, SEALER, Scene, opening


@pytest.fixture
async def scene(migrated_url):
    """Accounts a and b with 5,000 pence each, on each kind of database."""
    clock = ManualClock(NOW)
    async with Database.open(migrated_url) as database, Poster.lifetime(database, SEALER, clock) as poster:
        scene = Scene(database, poster, clock)
        await scene.open(opening("a"), opening("b"), funds=5_000)
        yield scene
