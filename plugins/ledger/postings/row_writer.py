"""Write the rows of a batch in a constant number of statements, in the order in which the database's rules ask for them.

PostgreSQL looks for the entries when their postings come; SQLite looks at the postings when their entry comes, and seals them. A capture
lowers what is held before the posting spends it: the other way round, a payer who holds all they have could not pay.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from plugins.ledger import tables
from plugins.ledger.postings.batch import Rows
from plugins.ledger.postings.bulk import BulkInsert, BulkUpdate

_FACTS = ("brand", "id", "kind", "legs", "value_date", "recorded_at", "cause", "reverses", "rate", "rate_source", "quote_id")
_ENTRIES = BulkInsert(tables.entries, *_FACTS)
_FORCED_ENTRIES = BulkInsert(
    tables.entries, *_FACTS, "forced"
)  # a column that the application's role may not write in production
_POSTINGS = BulkInsert(
    tables.postings,
    *("brand", "account_id", "version", "entry_id", "leg", "sequence", "amount_minor", "after_minor"),
)
LINES = BulkInsert(
    tables.transactions,
    *("brand", "sequence", "id", "account_id", "status", "booked_at", "value_at"),
    *("currency", "amount_minor", "balance_after_minor", "code", "narrative"),
)
_CAPTURES = BulkUpdate(
    tables.holds, values=("captured_minor", "entry_id", "ended_at"), key=("brand", "id"), constants="state = 'captured'"
)
_RELEASES = BulkUpdate(tables.holds, values=("ended_at",), key=("brand", "id"), constants="state = 'released'")
_ENDS = BulkUpdate(tables.transactions, values=("ended_by",), key=("brand", "id"), where="ended_by IS NULL")


async def write_rows(connection: AsyncConnection, rows: Rows) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        await _write_entries(connection, rows)
    await _CAPTURES.run(connection, rows.captured)
    await _RELEASES.run(connection, rows.released)
    await _POSTINGS.run(connection, rows.postings)
    if is_sqlite:
        await _write_entries(connection, rows)
    await _ENDS.run(connection, rows.ended)
    await LINES.run(connection, rows.lines)


async def _write_entries(connection: AsyncConnection, rows: Rows) -> None:
    if any(row[-1] for row in rows.entries):
        await _FORCED_ENTRIES.run(connection, rows.entries)
    else:
        await _ENTRIES.run(connection, [row[:-1] for row in rows.entries])
