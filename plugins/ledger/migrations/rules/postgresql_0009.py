"""The rules that PostgreSQL keeps since migration 0009: the application settles with rails, and gives a payment that came back to its payer.

A session of the application's role opens mirrors of the bank's accounts at others, too. Money comes in to a customer by such a session only
as the return of a payment, to the account that paid it, and never more than it paid.
"""

from plugins.ledger.migrations.rules.postgresql_0004 import FUNCTION
from plugins.ledger.migrations.rules.postgresql_0008 import OPENED as OPENED_BEFORE

OPENED = OPENED_BEFORE.replace("^(rail:[a-z_]{1,32}:clearing|", "^(rail:[a-z_]{1,32}:clearing|nostro:[a-z_]{1,32}|")

FUNDED = """
BEGIN
  IF NOT pg_has_role(session_user, current_user, 'MEMBER') AND EXISTS (
    SELECT 1 FROM new_rows n JOIN ledger_accounts a ON a.brand = n.brand AND a.id = n.account_id
    JOIN ledger_entries e ON e.brand = n.brand AND e.id = n.entry_id
    WHERE NOT a.internal GROUP BY n.brand, n.entry_id, a.currency, e.kind, e.cause
    HAVING sum(n.amount_minor) > CASE WHEN e.kind = 'return_received' AND count(DISTINCT n.account_id) = 1 THEN coalesce((
      SELECT -sum(p.amount_minor) FROM ledger_postings p JOIN ledger_entries o ON o.brand = p.brand AND o.id = p.entry_id
      WHERE p.brand = n.brand AND p.account_id = min(n.account_id) AND p.entry_id <> n.entry_id AND (
        (o.kind = 'payment' AND o.id = e.cause) OR (o.kind = 'return_received' AND o.cause = e.cause)
      )), 0) ELSE 0 END
  ) THEN
    RAISE EXCEPTION 'ledger: only the owner lets money in' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END"""

FUNCTIONS = {"ledger_open": OPENED, "ledger_fund": FUNDED}


def statements(schema: str) -> list[str]:
    """`schema`: the quoted name of the one that holds the tables."""
    return [
        FUNCTION.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").format(name=name, schema=schema, body=body)
        for name, body in FUNCTIONS.items()
    ]
