"""Deadlocks that PostgreSQL broke in a test's database, as it counts them itself."""

import sqlalchemy as sa

from kernel.storage.database import Database

COUNTED = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


async def count_deadlocks(database: Database) -> int:
    async with database.read() as connection:
        await connection.execute(sa.text("SELECT pg_stat_force_next_flush()"))
        return (await connection.execute(sa.text(COUNTED))).scalar_one()
