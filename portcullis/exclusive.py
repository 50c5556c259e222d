"""Who may serve a database: one server alone, or several that share one hot state.

With an in-process hot state another server would not hear of a revocation, so it is refused, and is refused a database that others
serve. The lock is the operating system's (SQLite: a locked file) or the database's (PostgreSQL: a session's advisory lock): it ends
with the process, however that ends, and a server that was killed starts again at once.
"""

import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from kernel.config import ConfigurationRefused

SERVER_LOCK = 0x706F7275
REFUSAL = "database_url: another server is running on this database. Stop it, or give both a redis_url so that they share one hot state."


@asynccontextmanager
async def serving(database_url: str, *, alone: bool) -> AsyncIterator[None]:
    """Hold the lock for the server's life. Raises ConfigurationRefused if a server that is alone holds it, or if this one would be
    and any other holds it."""
    url = sa.make_url(database_url)
    if url.get_backend_name() == "sqlite":
        with Path(f"{url.database}.lock").open("w") as file:  # noqa: ASYNC230  one open at start
            try:
                fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConfigurationRefused(REFUSAL) from None
            yield
        return
    lock = sa.func.pg_try_advisory_lock if alone else sa.func.pg_try_advisory_lock_shared
    engine = create_async_engine(url.set(drivername="postgresql+asyncpg"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            if not await connection.scalar(sa.select(lock(SERVER_LOCK))):
                raise ConfigurationRefused(REFUSAL)
            yield
    finally:
        await engine.dispose()
