"""Upgrades take the time they need, beyond the deadline of requests."""

import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from kernel.storage import database as kernel_database
from kernel.storage.database import Database
from kernel.storage.migrate import pending, upgrade

SLOW = """
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("SELECT pg_sleep(0.3)")
    op.execute("CREATE TABLE made (id integer)")
"""


@pytest.fixture
def slow_migration(tmp_path: Path, monkeypatch) -> str:
    versions = tmp_path / "slow_migration" / "versions"
    versions.mkdir(parents=True)
    (versions.parent / "__init__.py").touch()
    (versions / "0001_slow.py").write_text(SLOW)
    monkeypatch.syspath_prepend(tmp_path)
    yield "slow_migration"
    sys.modules.pop("slow_migration", None)


async def test_a_migration_outlasts_the_deadlines_of_requests(postgresql_url, slow_migration, monkeypatch):
    monkeypatch.setattr(kernel_database, "STATEMENT_TIMEOUT_MS", 50)
    monkeypatch.setattr(kernel_database, "COMMAND_TIMEOUT_SECONDS", 0.2)
    async with Database.open(postgresql_url) as database:
        await upgrade(database, slow_migration, "alembic_version_slow")
        assert await pending(database, slow_migration, "alembic_version_slow") == []
        async with database.read() as connection:
            assert (await connection.execute(sa.text("SELECT count(*) FROM made"))).scalar_one() == 0


async def test_sqlite_knows_what_the_tables_hold_once_a_process_has_ended(sqlite_url):
    async def fill(connection):
        await connection.exec_driver_sql("CREATE TABLE filled (id INTEGER PRIMARY KEY, word TEXT)")
        await connection.exec_driver_sql("CREATE INDEX filled_by_word ON filled (word)")
        await connection.exec_driver_sql(
            "INSERT INTO filled WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT i, i % 7 FROM n"
        )
        await connection.exec_driver_sql("SELECT * FROM filled WHERE word = '1'")

    async with Database.open(sqlite_url) as database:
        await database.write(fill)
    async with Database.open(sqlite_url) as database, database.read() as connection:
        assert (await connection.exec_driver_sql("SELECT tbl FROM sqlite_stat1")).scalars().all() == ["filled"]
