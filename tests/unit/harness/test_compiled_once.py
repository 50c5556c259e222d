"""A statement that one database has run is not compiled for another of the same kind, and each has its own rows."""

from contextlib import AsyncExitStack

import pytest
import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler

from kernel.storage.database import Database
from tests.harness.databases import KINDS

NUMBERS = sa.Table("numbers", sa.MetaData(), sa.Column("number", sa.Integer))


@pytest.mark.parametrize("kind", KINDS)
async def test_databases_of_a_kind_compile_a_statement_once(databases, tmp_path, monkeypatch, kind):
    compiled = []
    compile_select = SQLCompiler.visit_select

    def count(compiler, select, *arguments, **options):
        compiled.append(select)
        return compile_select(compiler, select, *arguments, **options)

    monkeypatch.setattr(SQLCompiler, "visit_select", count)
    read = []
    async with AsyncExitStack() as stack:
        for number in (1, 2):
            url = stack.enter_context(databases.database(kind, tmp_path))
            database = await stack.enter_async_context(Database.open(url))
            await database.write(lambda connection: connection.run_sync(NUMBERS.create))
            await database.write(lambda connection, number=number: connection.execute(NUMBERS.insert().values(number=number)))
            compiled.clear()
            async with database.read() as connection:
                found = (await connection.execute(sa.select(NUMBERS.c.number).where(NUMBERS.c.number < 3))).scalars().all()
            read.append((found, len(compiled)))
    assert read == [([1], 1), ([2], 0)]
