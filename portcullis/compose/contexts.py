"""The contexts that own tables, in the order in which their databases are brought up to date."""

from urllib.parse import urlsplit

from kernel.config import ConfigurationRefused
from kernel.storage.database import Database
from kernel.storage.migrate import pending, upgrade
from portcullis.compose.grants import grant_rows
from portcullis.compose.nature import Nature, settle_nature

CONTEXTS = (
    ("sandbox.migrations", "alembic_version_sandbox"),  # first: it takes over a table that the consent server's then remove
    ("consent.migrations", "alembic_version_consent"),
    ("orders.migrations", "alembic_version_orders"),
    ("notices.migrations", "alembic_version_notices"),
    ("plugins.ledger.migrations", "alembic_version_ledger"),
    ("plugins.psu_identity.migrations", "alembic_version_psu_identity"),
    ("sandbox.bank.migrations", "alembic_version_sandbox_bank"),
)


async def upgrade_contexts(database: Database, *, sandbox: bool) -> None:
    """Bring every context's tables to this version; without `sandbox`, its tables are never made. Raises ConfigurationRefused for a
    database of the other nature, before anything in it is changed."""
    await settle_nature(database, Nature.SANDBOX if sandbox else Nature.PRODUCTION)
    for package, version_table in CONTEXTS:
        if sandbox or not package.startswith("sandbox."):
            await upgrade(database, package, version_table)


async def check_contexts(database: Database) -> None:
    """For a production server whose role owns no table. Raises ConfigurationRefused while a table is of another version."""
    await settle_nature(database, Nature.PRODUCTION)
    for package, version_table in CONTEXTS:
        if not package.startswith("sandbox.") and await pending(database, package, version_table):
            raise ConfigurationRefused(
                "migration_url: the database is of another version; run `portcullis db upgrade --config FILE` by the role that owns it"
            )


async def upgrade_all(database_url: str, *, sandbox: bool, migration_url: str = "") -> None:
    """By the role of `migration_url`, if there is one: it owns what it makes, and gives the role of `database_url` its rights."""
    async with Database.open(migration_url or database_url) as database:
        await upgrade_contexts(database, sandbox=sandbox)
        if migration_url:
            await grant_rows(database, urlsplit(database_url).username or "")
