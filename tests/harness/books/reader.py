"""The rows and values that a statement finds, read over connections that its owner opens."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

Read = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
Row = sa.Row[Any]


@dataclass(frozen=True)
class Reader:
    read: Read

    async def rows(self, statement: sa.Select[Any]) -> list[Row]:
        async with self.read() as connection:
            return list(await connection.execute(statement))

    async def values(self, statement: sa.Select[Any]) -> list[Any]:
        """Of the only column that it selects."""
        async with self.read() as connection:
            return list(await connection.scalars(statement))

    async def value(self, statement: sa.Select[Any]) -> Any:
        return (await self.values(statement))[0]

    async def count(self, table: sa.Table) -> int:
        return await self.value(sa.select(sa.func.count()).select_from(table))

    async def all_of(self, table: sa.Table, **where: Any) -> list[Row]:
        """The rows whose columns have these values, as the database lists them."""
        return await self.rows(sa.select(table).where(*(table.c[name] == value for name, value in where.items())))

    async def everything(self, metadata: sa.MetaData) -> str:
        """Each row of each table as text: all that a reader of the database could learn."""
        return str([await self.all_of(table) for table in metadata.sorted_tables])
