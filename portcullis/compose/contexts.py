"""The contexts that own tables, in the order in which their databases are brought up to date."""

from kernel.storage.database import Database
from kernel.storage.migrate import upgrade
from portcullis.compose.nature import Nature, settle_nature

CONTEXTS = (
    ("sandbox.migrations", "alembic_version_sandbox"),  # first: it takes over a table that the consent server's then remove
    ("consent.migrations", "alembic_version_consent"),
    ("orders.migrations", "alembic_version_orders"),
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


async def upgrade_all(database_url: str, *, sandbox: bool) -> None:
    async with Database.open(database_url) as database:
        await upgrade_contexts(database, sandbox=sandbox)
