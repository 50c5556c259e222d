"""PostgreSQL connections, broken as a network or a restart breaks them."""

import sqlalchemy as sa

from kernel.storage.database import Database
from tests.harness.damage.rows import run

HERE = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"  # other workers' servers hold theirs
HOLDERS = f"locktype = 'advisory' AND pid <> pg_backend_pid() AND {HERE}"


async def break_lock_holders(database: Database) -> None:
    """Every other connection to this database that holds an advisory lock."""
    await run(database, sa.text(f"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE {HOLDERS}"))
