"""The nature of a database: a production server's, or a sandbox's, whose people, passwords and TPPs are public. Neither serves the other's.

It stands in a table of its own, written before any other. A database from before there was one is known by what is in it.
"""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.config import ConfigurationRefused
from kernel.storage.database import Database
from kernel.storage.migrate import UPGRADE_LOCK

metadata = sa.MetaData()
natures = sa.Table("database_nature", metadata, sa.Column("nature", sa.String(32), primary_key=True))

SANDBOX_TABLES = ("alembic_version_sandbox", "alembic_version_sandbox_bank", "clock_offsets", "bank_anchors", "bank_people")
ANY_SERVERS_TABLE = "alembic_version_consent"


class Nature(StrEnum):
    PRODUCTION = "production"
    SANDBOX = "sandbox"


REFUSALS = {
    Nature.SANDBOX: "database_url: a sandbox made this database: the passwords of its customers and the keys of its TPPs are public, and its "
    "clock may have been moved. Give the production server a database of its own",
    Nature.PRODUCTION: "database_url: this is the database of a production server: a sandbox would write customers and TPPs into it whose "
    "passwords and keys are public. Give the sandbox a database of its own",
}


async def settle_nature(database: Database, wanted: Nature) -> None:
    """Write down whose database this is, where nothing says so yet. Raises ConfigurationRefused if it is of the other nature, and then
    has written nothing."""

    async def work(connection: AsyncConnection) -> None:
        if not database.is_sqlite:  # two servers that start together settle it one after the other
            await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(UPGRADE_LOCK)))
        found = await connection.run_sync(_find)
        check_nature(found, wanted)
        await connection.run_sync(metadata.create_all)
        if not (await connection.scalars(sa.select(natures.c.nature))).all():
            await connection.execute(natures.insert().values(nature=wanted))

    await database.write_patiently(work)


async def find_nature(database: Database) -> Nature | None:
    """None for a database that no server has used."""
    async with database.read() as connection:
        return await connection.run_sync(_find)


def check_nature(found: Nature | None, wanted: Nature) -> None:
    """Raises ConfigurationRefused."""
    if found is not None and found is not wanted:
        raise ConfigurationRefused(REFUSALS[found])


def _find(connection: sa.Connection) -> Nature | None:
    tables = set(sa.inspect(connection).get_table_names())
    if not tables.isdisjoint(SANDBOX_TABLES):  # before the row is read: a sandbox's database stays one
        return Nature.SANDBOX
    if natures.name in tables:
        written = connection.execute(sa.select(natures.c.nature)).scalars().all()
        if written:
            return Nature.SANDBOX if Nature.SANDBOX in written else Nature.PRODUCTION
    return Nature.PRODUCTION if ANY_SERVERS_TABLE in tables else None
