"""The lock of a database for its servers: one server alone, or several that share one hot state.

With an in-process hot state another server would not hear of a revocation, so it is refused, and is refused a database that others
serve. The lock is the operating system's (SQLite: a locked file) or the database's (PostgreSQL: a session's advisory lock): it ends
with the process, however that ends, and a server that was killed starts again at once. A session can end before its server does, and
another server may then begin: so the session is checked every second, and a server that lost it stops in order.
"""

import asyncio
import fcntl
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from kernel.config import ConfigurationRefused

SERVER_LOCK = 0x706F7275
WATCH_SECONDS = 1.0  # between two looks whether the server's lock still stands
ANSWER_SECONDS_MAX = 5.0  # for the database's answer in the session that holds the lock
REFUSAL = "database_url: another server is running on this database. Stop it, or give both a redis_url so that they share one hot state."

log = structlog.get_logger(__name__)


def _stop_this_process() -> None:
    signal.raise_signal(signal.SIGTERM)


@asynccontextmanager
async def server_lock(database_url: str, *, alone: bool, stop: Callable[[], None] = _stop_this_process) -> AsyncIterator[None]:
    """Hold the lock for the server's life, and `stop` the server if it is lost. Raises ConfigurationRefused if a server that is alone
    holds it, or if this one would be and any other holds it."""
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
    engine = create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"timeout": ANSWER_SECONDS_MAX, "command_timeout": ANSWER_SECONDS_MAX},
    )
    try:
        async with engine.connect() as connection:
            if not await connection.scalar(sa.select(lock(SERVER_LOCK))):
                raise ConfigurationRefused(REFUSAL)
            watching = asyncio.create_task(_watch(connection, stop), name="server lock")
            try:
                yield
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
    finally:
        await engine.dispose()


async def _watch(connection: AsyncConnection, stop: Callable[[], None]) -> None:
    """Returns when the lock's session is gone."""
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        try:
            await connection.execute(sa.select(1))
        except Exception as error:  # after any failure the lock may be lost
            log.critical("server_lock_lost", error=type(error).__qualname__)
            stop()
            return
