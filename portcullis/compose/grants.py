"""The rights of the application's role, where a role of its own owns the tables (`migration_url`): rows of every table, but of the ledger's
ruled tables only what plugins/ledger/grants.py lists. It can neither change tables nor lift their rules."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.storage.database import Database
from plugins.ledger.grants import GRANTS

ROWS = ("SELECT, INSERT, UPDATE, DELETE",)


async def grant_rows(database: Database, role: str) -> None:
    """Give the role its rights on the tables that there are, and take from it every other right on them."""

    async def work(connection: AsyncConnection) -> None:
        quoted = connection.dialect.identifier_preparer.quote(role)
        names = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
        schema = await connection.scalar(sa.text("SELECT quote_ident(current_schema())"))
        statements = [
            f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {quoted}",
            f"GRANT USAGE ON SCHEMA {schema} TO {quoted}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {quoted}",
        ]
        for name in sorted(names):
            table = connection.dialect.identifier_preparer.quote(name)
            statements += [f"GRANT {right} ON {table} TO {quoted}" for right in GRANTS.get(name, ROWS)]
        for statement in statements:
            await connection.exec_driver_sql(statement)

    await database.write_patiently(work)
