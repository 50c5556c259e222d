"""Worlds of the authorization server and of the PSU's pages: on SQLite where the database does not matter, on both kinds where it does."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.harness.databases import KINDS, SQLITE, Databases
from tests.unit.consent.customer.journey.world import World as PageWorld
from tests.unit.consent.customer.journey.world import make_world
from tests.unit.consent.oauth_world import World, begin, oauth_world


@pytest.fixture
def begun_sqlite_url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    with databases.database(SQLITE, tmp_path, begin) as url:
        yield url


@pytest.fixture(params=KINDS)
def begun_url(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[str]:
    with databases.database(request.param, tmp_path, begin) as url:
        yield url


@pytest.fixture
async def oauth(begun_sqlite_url: str) -> AsyncIterator[World]:
    async with oauth_world(begun_sqlite_url) as world:
        yield world


@pytest.fixture
async def oauth_anywhere(begun_url: str) -> AsyncIterator[World]:
    """The test runs once on each kind of database."""
    async with oauth_world(begun_url) as world:
        yield world


@pytest.fixture
async def world(migrated_sqlite_url: str) -> AsyncIterator[PageWorld]:
    async with make_world(migrated_sqlite_url) as made:
        yield made


@pytest.fixture
async def both_world(migrated_url: str) -> AsyncIterator[PageWorld]:
    """The test runs once on each kind of database."""
    async with make_world(migrated_url) as made:
        yield made
