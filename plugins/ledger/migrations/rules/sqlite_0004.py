"""The rules that SQLite keeps since migration 0004, as triggers on rows: it has no others, and no roles.

An entry is sealed last: its postings are written first, then its own row, whose trigger looks at all of them; a transaction that leaves
postings without an entry cannot commit. A guard lets the account's row change only to what its postings and its holds say.
A CROSS JOIN keeps the order of its tables: the planner has no statistics of a table that was just filled.
"""

CHAINED = """
CREATE TRIGGER ledger_postings_chained AFTER INSERT ON ledger_postings BEGIN
  UPDATE ledger_accounts SET booked = new.after_minor, version = new.version
    WHERE brand = new.brand AND id = new.account_id AND version = new.version - 1 AND booked = new.after_minor - new.amount_minor;
  SELECT raise(ABORT, 'ledger: a posting does not continue its account') WHERE changes() = 0;
  SELECT raise(ABORT, 'ledger: the entry is sealed')
    WHERE EXISTS (SELECT 1 FROM ledger_entries WHERE brand = new.brand AND id = new.entry_id);
END"""

SEALED = """
CREATE TRIGGER ledger_entries_sealed BEFORE INSERT ON ledger_entries BEGIN
  SELECT raise(ABORT, 'ledger: the entry is incomplete')
    FROM (SELECT count(*) AS legs, min(leg) AS first, max(leg) AS last FROM ledger_postings WHERE brand = new.brand AND entry_id = new.id) p
    WHERE p.legs <> new.legs OR p.first <> 1 OR p.last <> new.legs;
  SELECT raise(ABORT, 'ledger: the entry does not balance')
    FROM ledger_postings p CROSS JOIN ledger_accounts a ON a.brand = p.brand AND a.id = p.account_id
    WHERE p.brand = new.brand AND p.entry_id = new.id GROUP BY a.currency HAVING sum(p.amount_minor) <> 0;
END"""

PAID = """
CREATE TRIGGER ledger_entries_paid BEFORE INSERT ON ledger_entries WHEN NOT new.forced BEGIN
  SELECT raise(ABORT, 'ledger: the account cannot pay')
    FROM ledger_postings p CROSS JOIN ledger_accounts a ON a.brand = p.brand AND a.id = p.account_id
    WHERE p.brand = new.brand AND p.entry_id = new.id AND p.amount_minor < 0 AND p.after_minor - a.held < a.floor;
END"""

REVERSED = """
CREATE TRIGGER ledger_entries_reversed BEFORE INSERT ON ledger_entries WHEN new.reverses IS NOT NULL BEGIN
  SELECT raise(ABORT, 'ledger: nothing to reverse')
    WHERE NOT EXISTS (SELECT 1 FROM ledger_entries WHERE brand = new.brand AND id = new.reverses);
END"""

PLACED = """
CREATE TRIGGER ledger_holds_placed AFTER INSERT ON ledger_holds BEGIN
  SELECT raise(ABORT, 'ledger: a hold begins open') WHERE new.state <> 'open';
  UPDATE ledger_accounts SET held = held + new.amount_minor
    WHERE brand = new.brand AND id = new.account_id AND currency = new.currency
    AND ((new.forced AND status <> 'deleted')
         OR (status = 'enabled' AND (floor IS NULL OR booked - held - new.amount_minor >= floor)));
  SELECT raise(ABORT, 'ledger: the account cannot hold that') WHERE changes() = 0;
END"""

ENDED = """
CREATE TRIGGER ledger_holds_ended AFTER UPDATE ON ledger_holds BEGIN
  SELECT raise(ABORT, 'ledger: a hold ends once, and is otherwise as it was placed')
    WHERE old.state <> 'open' OR new.state = 'open'
    OR (old.brand, old.id, old.account_id, old.currency, old.amount_minor, old.forced, old.placed_at)
      IS NOT (new.brand, new.id, new.account_id, new.currency, new.amount_minor, new.forced, new.placed_at)
    OR old.expires_at IS NOT new.expires_at;
  UPDATE ledger_accounts SET held = held - old.amount_minor WHERE brand = old.brand AND id = old.account_id;
END"""

BOOKED = """
CREATE TRIGGER ledger_accounts_booked BEFORE UPDATE OF booked, version ON ledger_accounts
WHEN new.booked IS NOT old.booked OR new.version IS NOT old.version BEGIN
  SELECT raise(ABORT, 'ledger: a balance is what its postings say')
    WHERE new.version <> old.version + 1
    OR NOT EXISTS (SELECT 1 FROM ledger_postings
                   WHERE brand = new.brand AND account_id = new.id AND version = new.version AND after_minor = new.booked);
END"""

HELD = """
CREATE TRIGGER ledger_accounts_held BEFORE UPDATE OF held ON ledger_accounts WHEN new.held IS NOT old.held BEGIN
  SELECT raise(ABORT, 'ledger: what is held is what its holds say')
    WHERE new.held <> (SELECT coalesce(sum(amount_minor), 0) FROM ledger_holds
                       WHERE brand = new.brand AND account_id = new.id AND state = 'open');
END"""

OPENED = """
CREATE TRIGGER ledger_accounts_opened BEFORE INSERT ON ledger_accounts
WHEN new.booked <> 0 OR new.held <> 0 OR new.version <> 0 BEGIN
  SELECT raise(ABORT, 'ledger: an account opens empty');
END"""

FIXED = """
CREATE TRIGGER ledger_accounts_fixed BEFORE UPDATE ON ledger_accounts
WHEN (old.brand, old.id, old.internal, old.currency) IS NOT (new.brand, new.id, new.internal, new.currency) BEGIN
  SELECT raise(ABORT, 'ledger: an account stays what it was opened as');
END"""


def _refused(table: str, act: str) -> str:
    name = f"ledger_{table}_no_{act.lower()}"
    return f"CREATE TRIGGER {name} BEFORE {act} ON ledger_{table} BEGIN SELECT raise(ABORT, 'ledger: {act} of {table} is refused'); END"


STATEMENTS = (
    CHAINED,
    SEALED,
    PAID,
    REVERSED,
    PLACED,
    ENDED,
    BOOKED,
    HELD,
    OPENED,
    FIXED,
    *(_refused(table, "UPDATE") for table in ("entries", "postings")),
    *(_refused(table, "DELETE") for table in ("entries", "postings", "holds", "accounts")),
)
