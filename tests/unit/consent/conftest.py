"""Worlds of the authorization server and of the PSU's pages: on SQLite where the database does not matter, on both kinds where it does."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.harness.databases import KINDS, SQLITE, Databases
from tests.world.authorization import AuthorizationWorld, authorization_world, begin
from tests.world.pages import PageWorld, page_world


@pytest.fixture
def begun_sqlite_url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    with databases.database(SQLITE, tmp_path, begin) as url:
        yield url


@pytest.fixture(params=KINDS)
def begun_url(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[str]:
    with databases.database(request.param, tmp_path, begin) as url:
        yield url


@pytest.fixture
async def oauth(begun_sqlite_url: str) -> AsyncIterator[AuthorizationWorld]:
    async with authorization_world(begun_sqlite_url) as world:
        yield world


@pytest.fixture
async def oauth_anywhere(begun_url: str) -> AsyncIterator[AuthorizationWorld]:
    """The test runs once on each kind of database."""
    async with authorization_world(begun_url) as world:
        yield world


@pytest.fixture
async def world(migrated_sqlite_url: str) -> AsyncIterator[PageWorld]:
    async with page_world(migrated_sqlite_url) as made:
        yield made


@pytest.fixture
async def both_world(migrated_url: str) -> AsyncIterator[PageWorld]:
    """The test runs once on each kind of database."""
    async with page_world(migrated_url) as made:
        yield made
