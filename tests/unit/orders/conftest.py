"""Worlds of payment orders: on SQLite where the database does not matter, on both kinds where it does."""

from collections.abc import AsyncIterator

import pytest

from tests.world.orders import OrdersWorld, orders_world


@pytest.fixture
async def world(migrated_sqlite_url: str) -> AsyncIterator[OrdersWorld]:
    async with orders_world(migrated_sqlite_url) as made:
        yield made


@pytest.fixture
async def both_world(migrated_url: str) -> AsyncIterator[OrdersWorld]:
    """The test runs once on each kind of database."""
    async with orders_world(migrated_url) as made:
        yield made
