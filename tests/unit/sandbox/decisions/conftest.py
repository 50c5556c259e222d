"""Worlds whose consent server asks the sandbox's stored decisions first."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sandbox.decisions.stored import StoredDecisions
from tests.harness.databases import SQLITE, Databases
from tests.unit.consent.authorization.backchannel.world import Backchannel, backchannel_world
from tests.unit.consent.customer.journey.world import World, make_world
from tests.unit.consent.oauth_world import begin


@pytest.fixture
async def world(migrated_sqlite_url: str) -> AsyncIterator[World]:
    async with make_world(migrated_sqlite_url, prior_answers=StoredDecisions()) as made:
        yield made


@pytest.fixture
async def both_world(migrated_url: str) -> AsyncIterator[World]:
    """The test runs once on each kind of database."""
    async with make_world(migrated_url, prior_answers=StoredDecisions()) as made:
        yield made


@pytest.fixture
def begun_sqlite_url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    with databases.database(SQLITE, tmp_path, begin) as url:
        yield url


@pytest.fixture
async def backchannel(begun_sqlite_url: str) -> AsyncIterator[Backchannel]:
    async with backchannel_world(begun_sqlite_url) as made:
        yield made
