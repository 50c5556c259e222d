"""The database, through SQLAlchemy Core: SQLite (embedded) or PostgreSQL, the same statements on both.

`read()` gives a connection for reading, `snapshot()` one that sees a single moment. `write(work)` is one transaction: begin, run `work`, commit; a
serialization failure or deadlock runs it again, a bounded number of times and after a pause of random length. Raising rolls back,
returning commits. `work` must not leave the process (no network call inside a transaction) and may run more than once. Commands
(kernel/commands/) stand on it; they and all others lock rows in one order (kernel/commands/locks.py). Who only cleans up waits for no one
(SKIP LOCKED).

What the database cannot do now is Overloaded (kernel/storage/outages.py). `reserved` is the same database through connections that
no request can take: those of the epoch, leases, the sweeper and health.

SQLite has one writer at a time: writes queue on one connection and begin IMMEDIATE; readers see the last commit (WAL).
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool

from kernel.errors import Overloaded
from kernel.storage.idle_connections import end_with_the_server
from kernel.storage.outages import DEADLOCK, failures_are_problems, is_retryable, sqlstate_of
from kernel.storage.sqlite_connection import open_sqlite

T = TypeVar("T")

ATTEMPTS_MAX = 5  # attempts of a transaction that others disturbed
POOL_SIZE = 10  # connections to the database that stay open; as many again while they are needed
RESERVED_SIZE = 3  # connections to the database that only epoch, leases, sweeper and health may use
BUSY_TIMEOUT_MS = 5000  # for the turn of the one writer, on SQLite
ANALYSIS_ROWS_MAX = 400  # of each index, for SQLite's statistics: what its authors advise
STATEMENT_TIMEOUT_MS = 10_000  # of one statement, on PostgreSQL
LOCK_TIMEOUT_MS = 5_000  # for one lock, on PostgreSQL
ACQUIRE_TIMEOUT_SECONDS = 5  # for a free connection of the pool
CONNECT_TIMEOUT_SECONDS = 5  # for a new connection to the database
COMMAND_TIMEOUT_SECONDS = 15  # the client's own: longer than the server's, which ends the statement properly
PATIENCE_SECONDS = 6 * 3600  # for work that may take long, such as a migration
RETRY_SECONDS = 0.02  # before the second attempt, at most; twice as long before each further one


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime, stored as integer microseconds since the epoch: the same order and precision on every database."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        delta = value - _EPOCH
        return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        seconds, micros = divmod(value, 1_000_000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PATIENCE_MS = PATIENCE_SECONDS * 1000


class Database:
    """One database of one context. Open with `async with Database.open(url)`."""

    def __init__(self, readers: AsyncEngine, writers: AsyncEngine) -> None:
        self._readers = readers
        self._writers = writers
        self.is_sqlite = writers.dialect.name == "sqlite"
        self.statements = 0  # executed since start; tests count them
        self.deadlocks = 0  # that the server ended, since start: none, while every transaction keeps the one order
        self.reserved = self  # the connections that requests cannot take

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator["Database"]:
        async with AsyncExitStack() as stack:
            database = await stack.enter_async_context(cls._pool(url, POOL_SIZE, POOL_SIZE))
            database.reserved = await stack.enter_async_context(cls._pool(url, RESERVED_SIZE, 0))
            yield database
            if database.is_sqlite:
                await _optimize(database)

    @classmethod
    @asynccontextmanager
    async def _pool(cls, url: str, size: int, overflow: int) -> AsyncIterator["Database"]:
        readers, writers = _engines(sa.make_url(url), size, overflow)
        database = cls(readers, writers)
        for engine in {readers, writers}:
            sa.event.listen(engine.sync_engine, "before_cursor_execute", database._count)
        try:
            yield database
        finally:
            await readers.dispose()
            await writers.dispose()

    def _count(self, *_: Any) -> None:
        self.statements += 1

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading alone: each statement sees what is committed when it begins, in no transaction."""
        async with self._connect("AUTOCOMMIT") as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """As `read`, and every statement sees the same moment, in spite of commits meanwhile."""
        async with self._connect("REPEATABLE READ") as connection:
            if self.is_sqlite:
                await connection.exec_driver_sql("BEGIN")  # deferred: no writer waits for it
            yield connection

    @asynccontextmanager
    async def _connect(self, isolation_level: str) -> AsyncIterator[AsyncConnection]:
        with failures_are_problems():
            async with self._readers.connect() as connection:
                if self.is_sqlite:
                    yield connection
                else:
                    yield await connection.execution_options(isolation_level=isolation_level)

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run `work` in one transaction and commit it. See the module's docstring. Raises Overloaded."""
        return await self._write(self._writers, work)

    async def write_patiently(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """As `write`, for work that may take hours: no statement of it has a deadline of seconds."""
        if self.is_sqlite:
            return await self.write(work)
        engine = _postgresql(self._writers.url, _PATIENCE_MS, _PATIENCE_MS, PATIENCE_SECONDS, poolclass=NullPool)
        sa.event.listen(engine.sync_engine, "before_cursor_execute", self._count)
        try:
            return await self._write(engine, work)
        finally:
            await engine.dispose()

    async def _write(self, engine: AsyncEngine, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        with failures_are_problems():
            for attempt in range(1, ATTEMPTS_MAX):
                try:
                    async with engine.begin() as connection:
                        return await work(connection)
                except DBAPIError as error:
                    self.deadlocks += sqlstate_of(error) == DEADLOCK
                    if not is_retryable(error):
                        raise
                await asyncio.sleep(RETRY_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.0))  # noqa: S311  no secret
            async with engine.begin() as connection:
                return await work(connection)


async def _optimize(database: Database) -> None:
    """Let SQLite's planner know what this process has made of the tables."""
    with suppress(DBAPIError, Overloaded):  # another process writes: its own close will do
        await database.write(lambda connection: connection.exec_driver_sql("PRAGMA optimize"))


def _postgresql(url: sa.URL, statement_ms: int, lock_ms: int, command_seconds: int, **pool: Any) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        hide_parameters=True,  # a failed statement's text may reach a log, its values never
        connect_args={
            "timeout": CONNECT_TIMEOUT_SECONDS,
            "command_timeout": command_seconds,
            "server_settings": {
                "statement_timeout": str(statement_ms),
                "lock_timeout": str(lock_ms),
                "timezone": "UTC",
            },
        },
        **pool,
    )


def _engines(url: sa.URL, size: int, overflow: int) -> tuple[AsyncEngine, AsyncEngine]:
    if url.get_backend_name() != "sqlite":
        engine = _postgresql(
            url,
            STATEMENT_TIMEOUT_MS,
            LOCK_TIMEOUT_MS,
            COMMAND_TIMEOUT_SECONDS,
            pool_size=size,
            max_overflow=overflow,
            pool_timeout=ACQUIRE_TIMEOUT_SECONDS,
        )
        end_with_the_server(engine)
        return engine, engine
    url = url.set(drivername="sqlite+aiosqlite")
    readers = create_async_engine(
        url,
        async_creator=lambda: open_sqlite(url),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=overflow,
        pool_timeout=ACQUIRE_TIMEOUT_SECONDS,
        hide_parameters=True,
    )
    writers = create_async_engine(
        url,
        async_creator=lambda: open_sqlite(url),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=ACQUIRE_TIMEOUT_SECONDS,
        hide_parameters=True,
    )
    for engine in (readers, writers):
        sa.event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    sa.event.listen(writers.sync_engine, "begin", _begin_immediate)
    return readers, writers


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy, not the driver, says when a transaction begins
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # a commit survives power loss, not only a killed process
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        f"analysis_limit={ANALYSIS_ROWS_MAX}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def insert_into(connection: AsyncConnection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that may say what to do on a conflict, which both databases write alike and SQLAlchemy keeps apart."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
