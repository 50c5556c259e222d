"""SQLite's connection as SQLAlchemy uses it, with one call to its thread for a statement and its first rows.

aiosqlite makes a cursor, executes, fetches and closes by a call each, and each is two turns of the event loop: under a flood, the turns of
a read are most of its time. A rollback where no transaction is open is no call at all.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Self, TypeVar

import aiosqlite
import sqlalchemy as sa

FIRST_ROWS: Final = 256  # fetched by the call that executes: a longer result is fetched as it is asked for

Row = tuple[Any, ...]
T = TypeVar("T")


class SqliteConnection(aiosqlite.Connection):
    """aiosqlite's connection with cursors of ours. `calls` to its thread since it was opened; tests count them."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=FIRST_ROWS)
        self._thread.daemon = True  # as SQLAlchemy has it: a connection left open does not keep the process
        self._is_settled = True
        self.calls = 0

    def cursor(self) -> "SqliteCursor":  # type: ignore[override]  # SQLAlchemy enters it, and asks no more of it
        return SqliteCursor(self)

    async def rollback(self) -> None:
        """A call only where there may be something to roll back: a call that was given up may still begin it."""
        if self.in_transaction or not self._is_settled:
            await super().rollback()
            self._is_settled = True

    async def call(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run `work` with the driver's own connection, on its thread."""
        return await self._execute(work, self._conn, *arguments)

    async def _execute(self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        self.calls += 1
        try:
            result: T = await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        except asyncio.CancelledError:
            self._is_settled = False
            raise
        return result


class SqliteCursor:
    """One statement and its rows: the driver's cursor stands only as long as there are more rows than were fetched."""

    def __init__(self, connection: SqliteConnection) -> None:
        self._connection = connection
        self._cursor: sqlite3.Cursor | None = None
        self._rows: deque[Row] = deque()
        self.description: Sequence[Any] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Execute, and fetch the first rows."""
        await self._connection.call(self._execute, statement, parameters)

    async def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute once for each of `rows`."""
        await self._connection.call(self._execute_many, statement, rows)

    async def fetchone(self) -> Row | None:
        """The next row, or None."""
        return next(iter(await self.fetchmany(1)), None)

    async def fetchmany(self, size: int | None = None) -> list[Row]:
        """The next rows, `size` at most."""
        size = size or self.arraysize
        if len(self._rows) < size and self._cursor is not None:
            await self._connection.call(self._fetch, max(size, FIRST_ROWS))
        return [self._rows.popleft() for _ in range(min(size, len(self._rows)))]

    async def fetchall(self) -> list[Row]:
        """All rows that are left."""
        if self._cursor is not None:
            await self._connection.call(self._fetch, None)
        rows = list(self._rows)
        self._rows.clear()
        return rows

    async def close(self) -> None:
        """A call only where rows were left unfetched."""
        self._rows.clear()
        if self._cursor is not None:
            await self._connection.call(self._close)

    def _execute(self, connection: sqlite3.Connection, statement: str, parameters: Sequence[Any]) -> None:
        self._take(connection.execute(statement, parameters))
        self._fetch(connection, FIRST_ROWS)

    def _execute_many(self, connection: sqlite3.Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        self._take(connection.executemany(statement, rows))
        self._close(connection)

    def _take(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor
        self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid

    def _fetch(self, connection: sqlite3.Connection, size: int | None) -> None:
        assert self._cursor is not None
        fetched = self._cursor.fetchall() if size is None else self._cursor.fetchmany(size)
        self._rows += fetched
        self.rowcount = self._cursor.rowcount  # of a statement that writes and returns rows, known at its end
        if size is None or len(fetched) < size:
            self._close(connection)

    def _close(self, _connection: sqlite3.Connection) -> None:
        assert self._cursor is not None
        self._cursor.close()
        self._cursor = None


async def open_sqlite(url: sa.URL) -> SqliteConnection:
    """A connection to the file that `url` names."""
    connection = SqliteConnection(lambda: _connect(url))
    _ = await connection
    return connection


def _connect(url: sa.URL) -> sqlite3.Connection:
    arguments, options = url.get_dialect()().create_connect_args(url)
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect
    return connect(*arguments, **options)
