"""The tables of payment orders, as migrations make them and as the code names them."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from kernel.storage.database import Database
from kernel.storage.migrate import upgrade
from orders.operators.tables import operator_requests
from orders.reconciliation.tables import breaks
from orders.settlement.tables import settlements
from orders.tables import metadata

EVERY = {settlements, breaks, operator_requests}  # of the rooms that have tables of their own: they stand in the same metadata


async def test_migrations_and_tables_agree(database_url):
    async with Database.open(database_url) as database:
        await upgrade(database, "orders.migrations", "alembic_version_orders")

        def compare(connection: sa.Connection):
            ours = lambda _object, name, kind, *_: kind != "table" or name != "alembic_version_orders"  # noqa: E731
            return compare_metadata(MigrationContext.configure(connection, opts={"include_object": ours}), metadata)

        async with database.read() as connection:
            assert await connection.run_sync(compare) == []
