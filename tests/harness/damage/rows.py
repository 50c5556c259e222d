"""Writes that no command of the server makes, each in a transaction of its own. Tests that need them take them from the module of
their context; here are the statements themselves."""

from typing import Any

import sqlalchemy as sa

from consent.store.tables import consents as c
from consent.store.tables import oauth as o
from kernel.storage.database import Database
from notices import tables as n
from sandbox.decisions.tables import STORED_DECISIONS

TABLES = {
    table.name: table
    for table in (
        c.consent_versions,
        c.consent_accounts,
        c.closed_accounts,
        c.authorisations,
        c.journeys,
        c.attempts,
        o.clients,
        o.pushed_requests,
        o.backchannel_requests,
        STORED_DECISIONS,
        n.notices,
        n.subscriptions,
    )
}


async def run(database: Database, *statements: sa.Executable) -> None:
    async def work(connection: Any) -> None:
        for statement in statements:
            await connection.execute(statement)

    await database.write(work)


async def write_format(database: Database, table: str, number: int) -> None:
    """On each document of the table, as a release that knows another format leaves it."""
    await run(database, TABLES[table].update().values(format=number))


async def lock_each_row(database: Database, *tables: str) -> None:
    """Waits for whichever transaction holds one of them."""
    for table in tables:
        await run(database, TABLES[table].update().values(brand="main"))


async def empty(database: Database, *tables: str) -> None:
    await run(database, *(TABLES[table].delete() for table in tables))
