"""Worlds of payment orders: on SQLite where the database does not matter, on both kinds where it does."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.orders.world import World, orders_world


@pytest.fixture
async def world(migrated_sqlite_url: str) -> AsyncIterator[World]:
    async with orders_world(migrated_sqlite_url) as made:
        yield made


@pytest.fixture
async def both_world(migrated_url: str) -> AsyncIterator[World]:
    """The test runs once on each kind of database."""
    async with orders_world(migrated_url) as made:
        yield made
