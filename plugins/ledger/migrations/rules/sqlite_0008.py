"""The rules that SQLite keeps since migration 0008: no row is replaced, and of a line nothing but its end is written.

`INSERT OR REPLACE` and `UPDATE OR REPLACE` delete the rows that are in their way, and no trigger of theirs fires: a row whose key is taken
is refused before it is written, by each unique key and by the number of the row. `new.rowid` is -1 where the statement names none.
"""

# by table: the unique keys that a new row may not have, each with the condition under which it counts
KEYS = {
    "accounts": {"id": "TRUE"},
    "entries": {"id": "TRUE", "reverses": "new.reverses IS NOT NULL", "quote_id": "new.quote_id IS NOT NULL"},
    "postings": {"entry_id, leg": "TRUE", "account_id, version": "TRUE"},
    "holds": {"id": "TRUE"},
    "transactions": {"sequence": "TRUE", "id": "new.ended_by IS NULL AND ledger_transactions.ended_by IS NULL"},
}
WITHOUT_ROWID = frozenset({"postings"})
NUMBERED = ("accounts", "holds", "transactions")  # whose rows are changed; the others never are

ENDED = """
CREATE TRIGGER ledger_transactions_ended BEFORE UPDATE ON ledger_transactions BEGIN
  SELECT raise(ABORT, 'ledger: a line ends once, and is otherwise as it was written')
    WHERE old.ended_by IS NOT NULL OR new.ended_by IS NULL
    OR (old.brand, old.sequence, old.id, old.account_id, old.status, old.booked_at, old.value_at, old.currency, old.amount_minor,
        old.balance_after_minor, old.code, old.narrative)
      IS NOT (new.brand, new.sequence, new.id, new.account_id, new.status, new.booked_at, new.value_at, new.currency, new.amount_minor,
              new.balance_after_minor, new.code, new.narrative);
END"""

KEPT = """
CREATE TRIGGER ledger_transactions_no_delete BEFORE DELETE ON ledger_transactions BEGIN
  SELECT raise(ABORT, 'ledger: DELETE of transactions is refused');
END"""


def _taken(table: str, columns: str, where: str) -> str:
    same = " AND ".join(f"{name} = new.{name}" for name in columns.split(", "))
    return f"""
  SELECT raise(ABORT, 'ledger: {table}.{columns} is taken')
    WHERE EXISTS (SELECT 1 FROM ledger_{table} WHERE brand = new.brand AND {same} AND {where});"""  # noqa: S608  names of ours


def _new(table: str) -> str:
    checks = "".join(_taken(table, columns, where) for columns, where in KEYS[table].items())
    if table not in WITHOUT_ROWID:
        checks += f"""
  SELECT raise(ABORT, 'ledger: a row of {table} is taken') WHERE EXISTS (SELECT 1 FROM ledger_{table} WHERE rowid = new.rowid);"""  # noqa: S608  names of ours
    return f"CREATE TRIGGER ledger_{table}_new BEFORE INSERT ON ledger_{table} BEGIN{checks}\nEND"


def _numbered(table: str) -> str:
    refused = f"SELECT raise(ABORT, 'ledger: a row of {table} keeps its number')"
    return f"""
CREATE TRIGGER ledger_{table}_numbered BEFORE UPDATE ON ledger_{table} WHEN old.rowid <> new.rowid BEGIN {refused}; END"""


STATEMENTS = (*(_new(table) for table in KEYS), *(_numbered(table) for table in NUMBERED), ENDED, KEPT)
