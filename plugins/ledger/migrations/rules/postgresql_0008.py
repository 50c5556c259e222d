"""The rules that PostgreSQL keeps since migration 0008: of a line nothing but its end is written, and the application makes no money.

A session whose role is not the owner's opens accounts of the bank from a closed list, and customers' accounts without a credit line; and no
entry of such a session leaves customers together with more than they had. Money comes in, and credit is granted, by the owner's role.
"""

from plugins.ledger.migrations.rules.postgresql_0004 import FUNCTION

# the bank's own accounts that carrying out payments opens: what is in flight on a rail, and what people must look at
OPENED = """
BEGIN
  IF pg_has_role(session_user, current_user, 'MEMBER') THEN
    RETURN NEW;
  END IF;
  IF coalesce(NEW.credit_line_minor, 0) > 0
    OR (NEW.internal AND (
      NEW.credit_line_minor IS NOT NULL
      OR NEW.id <> 'internal:' || NEW.product || ':' || NEW.currency
      OR NEW.currency !~ '^[A-Z]{3}$'
      OR NEW.product !~ '^(rail:[a-z_]{1,32}:clearing|suspense:(in|breaks)|returns:payable|fees:income|charges:expense|card:(scheme:receivable|disputes))$'
    ))
  THEN
    RAISE EXCEPTION 'ledger: only the owner opens such an account' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END"""

FUNDED = """
BEGIN
  IF NOT pg_has_role(session_user, current_user, 'MEMBER') AND EXISTS (
    SELECT 1 FROM new_rows n JOIN ledger_accounts a ON a.brand = n.brand AND a.id = n.account_id
    WHERE NOT a.internal GROUP BY n.brand, n.entry_id, a.currency HAVING sum(n.amount_minor) > 0
  ) THEN
    RAISE EXCEPTION 'ledger: only the owner lets money in' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END"""

FUNCTIONS = {"ledger_open": OPENED, "ledger_fund": FUNDED}

TRIGGERS = (
    "ledger_accounts_granted BEFORE INSERT ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION ledger_open()",
    "ledger_postings_funded AFTER INSERT ON ledger_postings REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_fund()",
    "ledger_transactions_frozen BEFORE DELETE OR TRUNCATE ON ledger_transactions FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
    """ledger_transactions_ended BEFORE UPDATE ON ledger_transactions FOR EACH ROW
    WHEN (old.ended_by IS NOT NULL OR new.ended_by IS NULL OR
      (old.brand, old.sequence, old.id, old.account_id, old.status, old.booked_at, old.value_at, old.currency, old.amount_minor,
       old.balance_after_minor, old.code, old.narrative)
      IS DISTINCT FROM (new.brand, new.sequence, new.id, new.account_id, new.status, new.booked_at, new.value_at, new.currency,
       new.amount_minor, new.balance_after_minor, new.code, new.narrative))
    EXECUTE FUNCTION ledger_refuse()""",
)


def statements(schema: str) -> list[str]:
    """`schema`: the quoted name of the one that holds the tables."""
    functions = [FUNCTION.format(name=name, schema=schema, body=body) for name, body in FUNCTIONS.items()]
    closed = [f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC" for name in FUNCTIONS]
    return [*functions, *closed, *(f"CREATE TRIGGER {trigger}" for trigger in TRIGGERS)]
