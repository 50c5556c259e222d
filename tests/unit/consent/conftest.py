"""Worlds of the authorization server: on SQLite where the database does not matter, on both kinds where it does."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.consent.oauth_world import World, oauth_world


@pytest.fixture
async def oauth(sqlite_url: str) -> AsyncIterator[World]:
    async with oauth_world(sqlite_url) as world:
        yield world


@pytest.fixture
async def oauth_anywhere(database_url: str) -> AsyncIterator[World]:
    """The test runs once on each kind of database."""
    async with oauth_world(database_url) as world:
        yield world
