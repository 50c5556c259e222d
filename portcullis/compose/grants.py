"""The rights of the application's role, where a role of its own owns the tables (`migration_url`): rows of every table, but of the ledger's
ruled tables only what plugins/ledger/grants.py lists, and of records no change and no removal. It can neither change tables nor lift their rules."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.tables import journal
from consent.store.tables.consents import consent_versions
from kernel.storage.database import Database
from orders.recalls.tables import recall_events
from orders.reconciliation.tables import break_events, matches
from orders.settlement.tables import settlement_items
from orders.tables import instruction_events, order_events, orders
from plugins.ledger.grants import GRANTS as LEDGER_GRANTS

ROWS = ("SELECT, INSERT, UPDATE, DELETE",)
APPENDED = ("SELECT, INSERT",)  # of the tables of which no row is changed or removed
PLACED = {  # of an order: it keeps these, and goes by the owner's function alone (orders.migrations 0005)
    *(
        "brand",
        "id",
        "instruction_id",
        "execution",
        "kind",
        "consent_id",
        "single_use_of",
        "client_id",
        "organisation_id",
        "psu_id",
    ),
    *("lodged_as", "uetr", "format", "details", "created_at", "execute_at", "settles_at"),
}
ORDERS = ("SELECT, INSERT", f"UPDATE ({', '.join(column.name for column in orders.c if column.name not in PLACED)})")
RIGHTS = {
    **LEDGER_GRANTS,
    order_events.name: APPENDED,
    instruction_events.name: ("SELECT, INSERT, DELETE",),  # no event is changed; all go with their instruction
    orders.name: ORDERS,
    settlement_items.name: APPENDED,
    recall_events.name: APPENDED,
    matches.name: ("SELECT, INSERT, DELETE",),  # none is changed; those of a discarded statement go with it
    break_events.name: ("SELECT, INSERT, DELETE",),  # likewise, with their break
    journal.name: APPENDED,
    consent_versions.name: APPENDED,
}


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
            statements += [f"GRANT {right} ON {table} TO {quoted}" for right in RIGHTS.get(name, ROWS)]
        for statement in statements:
            await connection.exec_driver_sql(statement)

    await database.write_patiently(work)
