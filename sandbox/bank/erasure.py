"""Remove one brand's rows from the sandbox's database: what a bank never does, and what the ledger's own rules refuse.

The rules are lifted for the one transaction that erases, and stand again when it commits. Only the owner of the tables can do that: a
sandbox owns its own.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from plugins.ledger.tables import PREFIX, accounts, entries, holds, postings, transactions

RULED = (entries, postings, transactions, holds, accounts)


async def erase(connection: AsyncConnection, tables: Sequence[sa.Table], brand: str) -> None:
    """Delete the brand's rows of all these tables, each after those that refer to it."""
    lifted = await lift_rules(connection)
    for table in tables:
        await connection.execute(sa.delete(table).where(table.c.brand == brand))
    for statement in lifted:
        await connection.exec_driver_sql(statement)


async def lift_rules(connection: AsyncConnection) -> list[str]:
    """The statements that set the rules up again."""
    if connection.dialect.name != "sqlite":
        for table in RULED:
            await connection.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
        return [f"ALTER TABLE {table.name} ENABLE TRIGGER USER" for table in RULED]
    found = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE :prefix")
    rows = (await connection.execute(found, {"prefix": f"{PREFIX}%"})).all()
    for row in rows:
        await connection.exec_driver_sql(f"DROP TRIGGER {row.name}")
    return [row.sql for row in rows]
