"""A production server never serves a database that a sandbox made, nor a sandbox a production server's."""

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.config import ConfigurationRefused
from kernel.storage.database import Database
from kernel.storage.migrate import upgrade
from portcullis.compose.contexts import CONTEXTS, upgrade_contexts
from portcullis.compose.nature import Nature, find_nature, settle_nature


async def tables(database: Database) -> set[str]:
    async with database.read() as connection:
        return set(await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()))


async def execute(database: Database, *statements: str) -> None:
    async def work(connection: AsyncConnection) -> None:
        for statement in statements:
            await connection.execute(sa.text(statement))

    await database.write(work)


async def test_production_refuses_a_sandboxs_database_and_changes_nothing(database_url: str):
    async with Database.open(database_url) as database:
        await settle_nature(database, Nature.SANDBOX)
        before = await tables(database)
        with pytest.raises(ConfigurationRefused, match="a sandbox made this database"):
            await upgrade_contexts(database, sandbox=False)
        assert await tables(database) == before == {"database_nature"}


async def test_a_sandbox_refuses_a_production_servers_database(database_url: str):
    async with Database.open(database_url) as database:
        await settle_nature(database, Nature.PRODUCTION)
        await settle_nature(database, Nature.PRODUCTION)  # a server starts more than once
        with pytest.raises(ConfigurationRefused, match="database of a production server"):
            await upgrade_contexts(database, sandbox=True)
        assert await tables(database) == {"database_nature"}


@pytest.mark.parametrize("context", [name for name, _ in CONTEXTS if name.startswith("sandbox")])
async def test_a_sandboxs_database_from_before_natures_is_known(database_url: str, context: str):
    """By any of its tables, also where something wrote down that it is production's."""
    async with Database.open(database_url) as database:
        await upgrade(database, context, dict(CONTEXTS)[context])
        assert await find_nature(database) is Nature.SANDBOX
        await execute(database, "CREATE TABLE database_nature (nature VARCHAR(32) PRIMARY KEY)")
        await execute(database, "INSERT INTO database_nature VALUES ('production')")
        with pytest.raises(ConfigurationRefused, match="a sandbox made this database"):
            await settle_nature(database, Nature.PRODUCTION)


async def test_a_production_database_from_before_natures_is_known(database_url: str):
    async with Database.open(database_url) as database:
        await upgrade(database, "consent.migrations", dict(CONTEXTS)["consent.migrations"])
        with pytest.raises(ConfigurationRefused, match="database of a production server"):
            await settle_nature(database, Nature.SANDBOX)
        await settle_nature(database, Nature.PRODUCTION)
        assert await find_nature(database) is Nature.PRODUCTION


async def test_an_empty_database_is_of_no_nature_until_a_server_takes_it(database_url: str):
    async with Database.open(database_url) as database:
        assert await find_nature(database) is None
        await settle_nature(database, Nature.PRODUCTION)
        assert await find_nature(database) is Nature.PRODUCTION


async def test_a_database_without_its_mark_that_a_sandbox_marked_stays_refused(database_url: str):
    """A sandbox whose tables somebody removed is still marked."""
    async with Database.open(database_url) as database:
        await upgrade_contexts(database, sandbox=True)
        await execute(database, "DROP TABLE clock_offsets", "DROP TABLE bank_people", "DROP TABLE bank_anchors")
        await execute(database, "DROP TABLE alembic_version_sandbox", "DROP TABLE alembic_version_sandbox_bank")
        assert await find_nature(database) is Nature.SANDBOX
