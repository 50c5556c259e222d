"""Insert many rows at once: the statement is written once for each kind of database, the rows go to its driver as they are.

A hundred thousand rows are then a matter of seconds. Values are what the database stores: an instant is integer microseconds.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def stored_instant(at: datetime) -> int:
    """As kernel.storage.database.Instant stores it."""
    return (at - _EPOCH) // _MICROSECOND


class BulkInsert:
    """Rows are tuples of the named columns' values, in that order."""

    def __init__(self, table: sa.Table, *columns: str) -> None:
        self._insert = table.insert()
        self._columns = columns
        self._text: dict[str, str] = {}

    async def run(self, connection: AsyncConnection, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            await connection.exec_driver_sql(self._statement(connection.dialect), list(rows))

    def _statement(self, dialect: sa.Dialect) -> str:
        if dialect.name not in self._text:
            compiled = self._insert.compile(dialect=dialect, column_keys=list(self._columns))
            if tuple(getattr(compiled, "positiontup", None) or ()) != self._columns:
                raise AssertionError("the statement takes its values in another order")
            self._text[dialect.name] = str(compiled)
        return self._text[dialect.name]
