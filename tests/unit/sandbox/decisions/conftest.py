"""Worlds whose consent server asks the sandbox's stored decisions first."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sandbox.decisions.stored import StoredDecisions
from tests.harness.databases import SQLITE, Databases
from tests.world.authorization import begin
from tests.world.backchannel import Backchannel, backchannel_world
from tests.world.pages import PageWorld, page_world


@pytest.fixture
async def world(migrated_sqlite_url: str) -> AsyncIterator[PageWorld]:
    async with page_world(migrated_sqlite_url, prior_answers=StoredDecisions()) as made:
        yield made


@pytest.fixture
async def both_world(migrated_url: str) -> AsyncIterator[PageWorld]:
    """The test runs once on each kind of database."""
    async with page_world(migrated_url, prior_answers=StoredDecisions()) as made:
        yield made


@pytest.fixture
def begun_sqlite_url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    with databases.database(SQLITE, tmp_path, begin) as url:
        yield url


@pytest.fixture
async def backchannel(begun_sqlite_url: str) -> AsyncIterator[Backchannel]:
    async with backchannel_world(begun_sqlite_url) as made:
        yield made
