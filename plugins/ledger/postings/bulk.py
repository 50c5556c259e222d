"""Insert many rows with one statement: written once for each kind of database, the values go to its driver as they are.

A hundred thousand rows are then a matter of seconds, and PostgreSQL's rules, which look at what one statement inserts, see a whole batch.
Values are what the database stores: an instant is integer microseconds.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel import json

Row = tuple[Any, ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def stored_instant(at: datetime) -> int:
    """As kernel.storage.database.Instant stores it."""
    return (at - _EPOCH) // _MICROSECOND


def among(connection: AsyncConnection, column: sa.ColumnElement[str], ids: Collection[str]) -> sa.ColumnElement[bool]:
    """The column is one of the ids, which are one value of the statement, however many they are."""
    if connection.dialect.name == "sqlite":
        listed = sa.func.json_each(json.encode(sorted(ids)).decode()).table_valued("value")
        return column.in_(sa.select(listed.c.value))
    return column == sa.func.any(sa.literal(sorted(ids), postgresql.ARRAY(sa.Text())))


class BulkInsert:
    """Rows are tuples of the named columns' values, in that order."""

    def __init__(self, table: sa.Table, *columns: str) -> None:
        self._table = table
        self._columns = columns
        self._has_date = any(isinstance(table.c[name].type, sa.Date) for name in columns)
        self._text: dict[str, str] = {}

    async def run(self, connection: AsyncConnection, rows: Sequence[Row]) -> None:
        if rows:
            await _execute(connection, self._statement(connection.dialect), self._storable(connection, rows))

    def _storable(self, connection: AsyncConnection, rows: Sequence[Row]) -> Sequence[Row]:
        """A date is text for SQLite's driver. Only rows that have one are gone through: there may be a hundred thousand."""
        if not self._has_date or connection.dialect.name != "sqlite":
            return rows
        return [tuple(value.isoformat() if isinstance(value, date) else value for value in row) for row in rows]

    def _statement(self, dialect: sa.Dialect) -> str:
        if dialect.name not in self._text:
            names = ", ".join(self._columns)
            marks = ", ".join("?" for _ in self._columns)
            values = f"VALUES ({marks})"
            if dialect.name != "sqlite":
                values = f"SELECT * FROM {_unnest(self._table, self._columns, dialect)}"  # noqa: S608  names of ours
            self._text[dialect.name] = f"INSERT INTO {self._table.name} ({names}) {values}"
        return self._text[dialect.name]


class BulkUpdate:
    """Rows are tuples of `values` and then of `key`, the columns by which each finds its own row; `constants` are set in all of them."""

    def __init__(
        self, table: sa.Table, *, values: tuple[str, ...], key: tuple[str, ...], constants: str = "", where: str = ""
    ) -> None:
        self._table = table
        self._values = values
        self._key = key
        self._constants = constants
        self._where = where
        self._text: dict[str, str] = {}

    async def run(self, connection: AsyncConnection, rows: Sequence[Row]) -> None:
        if rows:
            await _execute(connection, self._statement(connection.dialect), rows)

    def _statement(self, dialect: sa.Dialect) -> str:
        if dialect.name not in self._text:
            is_sqlite = dialect.name == "sqlite"
            marks = {name: "?" if is_sqlite else f"s.{name}" for name in (*self._values, *self._key)}
            sets = [f"{name} = {marks[name]}" for name in self._values] + ([self._constants] if self._constants else [])
            found = [f"t.{name} = {marks[name]}" for name in self._key] + ([f"t.{self._where}"] if self._where else [])
            names = (*self._values, *self._key)
            source = "" if is_sqlite else f" FROM {_unnest(self._table, names, dialect)} AS s ({', '.join(names)})"
            self._text[dialect.name] = f"UPDATE {self._table.name} AS t SET {', '.join(sets)}{source} WHERE {' AND '.join(found)}"  # noqa: S608  names of ours
        return self._text[dialect.name]


async def _execute(connection: AsyncConnection, text: str, rows: Sequence[Row]) -> None:
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql(text, list(rows))
    else:
        await connection.exec_driver_sql(text, tuple(list(column) for column in zip(*rows, strict=True)))


def _unnest(table: sa.Table, columns: Sequence[str], dialect: sa.Dialect) -> str:
    kinds = (table.c[name].type.compile(dialect).partition("(")[0].partition(" ")[0] for name in columns)
    return f"unnest({', '.join(f'${number}::{kind}[]' for number, kind in enumerate(kinds, 1))})"
