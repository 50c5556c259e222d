"""Bring one context's tables to their newest version. Alembic scripts, run without an env.py: each context is a folder of versions.

All pending steps run in one transaction, one process at a time, and take the time they need: no statement of theirs has the deadline
of a request. A killed upgrade leaves the database as it was.
"""

from importlib.resources import files
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.storage.database import Database

UPGRADE_LOCK = 0x706F7274  # PostgreSQL advisory lock: two servers that start together upgrade one after the other


async def upgrade(database: Database, package: str, version_table: str) -> None:
    """Run the scripts of `package` (such as "consent.migrations") that `version_table` does not list yet."""

    async def work(connection: AsyncConnection) -> None:
        if not database.is_sqlite:
            await connection.execute(sa.text("SET LOCAL statement_timeout = 0"))  # the lock may wait for another server's upgrade
            await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(UPGRADE_LOCK)))
        await connection.run_sync(_run_scripts, package, version_table)
        if database.is_sqlite:
            await connection.execute(sa.text("PRAGMA optimize=0x10002"))  # statistics of tables that have none yet

    await database.write_patiently(work)


async def pending(database: Database, package: str, version_table: str) -> list[str]:
    """The revisions that `upgrade` would run, oldest first."""
    script = _scripts(package)
    async with database.read() as connection:
        current = await connection.run_sync(_current_revision, version_table)
    return [revision.revision for revision in reversed(list(script.iterate_revisions("heads", current or "base")))]


def _scripts(package: str) -> ScriptDirectory:
    return ScriptDirectory(str(Path(str(files(package)))))


def _run_scripts(connection: sa.Connection, package: str, version_table: str) -> None:
    script = _scripts(package)

    def steps(revision: str, _context: object) -> list[object]:
        return list(script._upgrade_revs("heads", revision))  # noqa: SLF001  what alembic's own upgrade command passes here

    with EnvironmentContext(Config(), script, fn=steps, as_sql=False) as environment:
        environment.configure(connection=connection, version_table=version_table)
        environment.run_migrations()


def _current_revision(connection: sa.Connection, version_table: str) -> str | None:
    if not sa.inspect(connection).has_table(version_table):
        return None
    return connection.execute(sa.select(sa.column("version_num")).select_from(sa.table(version_table))).scalar()
