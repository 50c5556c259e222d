"""The rights of the application's role on the ledger's ruled tables in PostgreSQL, where another role owns them.

Everything that money depends on and that the application never writes is left out: balances, what is held, versions, floors, and the mark
of entries and holds that may overdraw an account. A row is locked for a batch by a right to change some column of it.
"""

from plugins.ledger import tables

_KEPT = {"booked", "held", "version", "floor"}
_OPENED = [column.name for column in tables.accounts.c if column.name not in _KEPT]
_BOOKED = [column.name for column in tables.entries.c if column.name != "forced"]
_PLACED = ["brand", "id", "account_id", "currency", "amount_minor", "state", "placed_at", "expires_at"]
_ENDED = ["state", "ended_at", "captured_minor", "entry_id"]

# by table: what a GRANT says
GRANTS: dict[str, tuple[str, ...]] = {
    tables.accounts.name: (
        "SELECT",
        f"INSERT ({', '.join(_OPENED)})",
        "UPDATE (status, status_changed_at, switched, eligible)",
    ),
    tables.entries.name: ("SELECT", f"INSERT ({', '.join(_BOOKED)})"),
    tables.postings.name: ("SELECT", "INSERT"),
    tables.transactions.name: ("SELECT", "INSERT", "UPDATE (ended_by)"),
    tables.journal.name: ("SELECT", "INSERT"),
    tables.holds.name: ("SELECT", f"INSERT ({', '.join(_PLACED)})", f"UPDATE ({', '.join(_ENDED)})"),
}
