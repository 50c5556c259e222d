"""The schemas of the contexts: each difference between the tables that its migrations make and those that its code reads."""

from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from consent.store import tables as consent
from kernel.storage.database import Database
from plugins.psu_identity import tables as psu_identity
from portcullis.compose.contexts import CONTEXTS
from sandbox.bank import tables as bank

SCHEMAS = {  # by the package of the migrations: the tables, and what their names begin with where they share a database
    "consent.migrations": (consent.metadata, ""),
    "plugins.psu_identity.migrations": (psu_identity.metadata, ""),
    "sandbox.bank.migrations": (bank.metadata, "bank_"),
}


async def find_differences(database: Database, migrations: str) -> list[Any]:
    metadata, prefix = SCHEMAS[migrations]
    version_table = dict(CONTEXTS)[migrations]

    def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or (name != version_table and str(name).startswith(prefix))

    def compare(connection: sa.Connection) -> list[Any]:
        options = {"version_table": version_table, "include_name": is_ours}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    async with database.read() as connection:
        return await connection.run_sync(compare)
