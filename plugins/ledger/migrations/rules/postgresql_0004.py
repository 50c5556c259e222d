"""The rules that PostgreSQL keeps since migration 0004: triggers on statements, whose functions run as their owner.

The application's role may insert entries, postings and holds, and end holds; what an account's row says of money follows in these
functions alone. All of a function's queries look at the rows of one statement: their tables have no statistics, so each call plans for
what it finds (`force_custom_plan`). Existence is asked for a whole statement at once: a foreign key would ask for each row.
"""

FUNCTION = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, {schema}, pg_temp SET plan_cache_mode = force_custom_plan AS $rule$
{body}
$rule$"""

# All legs of an entry come in one statement, numbered 1..n; each currency sums to zero; versions and balances continue the account's;
# no debit that is not forced takes the account below its floor.
APPEND = """
DECLARE is_wrong boolean; is_any_forced boolean; touched bigint; moved bigint;
BEGIN
  SELECT bool_or(e.legs IS DISTINCT FROM g.legs OR g.first <> 1 OR g.last <> g.legs OR NOT g.even), bool_or(e.forced)
  INTO is_wrong, is_any_forced
  FROM (
    SELECT brand, entry_id, sum(legs) AS legs, min(first) AS first, max(last) AS last, bool_and(total = 0 AND currency IS NOT NULL) AS even
    FROM (
      SELECT n.brand, n.entry_id, a.currency, count(*) AS legs, min(n.leg) AS first, max(n.leg) AS last, sum(n.amount_minor) AS total
      FROM new_rows n LEFT JOIN ledger_accounts a ON a.brand = n.brand AND a.id = n.account_id
      GROUP BY n.brand, n.entry_id, a.currency
    ) per_currency GROUP BY brand, entry_id
  ) g LEFT JOIN ledger_entries e ON e.brand = g.brand AND e.id = g.entry_id;
  IF is_wrong THEN
    RAISE EXCEPTION 'ledger: an entry is incomplete or does not balance' USING ERRCODE = 'check_violation';
  END IF;
  WITH chained AS (
    SELECT n.brand, n.account_id, n.version, n.amount_minor,
      n.version = lag(n.version, 1, a.version) OVER w + 1 AND n.after_minor = lag(n.after_minor, 1, a.booked) OVER w + n.amount_minor AS continues,
      CASE WHEN n.amount_minor < 0 AND a.floor IS NOT NULL
        AND NOT (is_any_forced AND (SELECT e.forced FROM ledger_entries e WHERE e.brand = n.brand AND e.id = n.entry_id))
        THEN n.after_minor END AS paid
    FROM new_rows n JOIN ledger_accounts a ON a.brand = n.brand AND a.id = n.account_id
    WINDOW w AS (PARTITION BY n.brand, n.account_id ORDER BY n.version)
  ), ends AS (
    SELECT brand, account_id, min(version) AS first, max(version) AS last, sum(amount_minor)::bigint AS total, min(paid) AS lowest,
      bool_and(continues) AS continues
    FROM chained GROUP BY brand, account_id
  ), updated AS (
    UPDATE ledger_accounts a SET booked = a.booked + s.total, version = s.last
    FROM ends s
    WHERE a.brand = s.brand AND a.id = s.account_id AND s.continues AND a.version = s.first - 1
      AND (s.lowest IS NULL OR s.lowest - a.held >= a.floor)
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM ends), (SELECT count(*) FROM updated) INTO touched, moved;
  IF touched <> moved THEN
    RAISE EXCEPTION 'ledger: a posting does not continue its account, or the account cannot pay' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END"""

PLACE = """
DECLARE touched bigint; moved bigint;
BEGIN
  IF EXISTS (SELECT 1 FROM new_rows WHERE state <> 'open') THEN
    RAISE EXCEPTION 'ledger: a hold begins open' USING ERRCODE = 'check_violation';
  END IF;
  WITH asked AS (
    SELECT brand, account_id, currency, sum(amount_minor)::bigint AS total, bool_and(forced) AS forced
    FROM new_rows GROUP BY brand, account_id, currency
  ), updated AS (
    UPDATE ledger_accounts a SET held = a.held + s.total FROM asked s
    WHERE a.brand = s.brand AND a.id = s.account_id AND a.currency = s.currency
      AND ((s.forced AND a.status <> 'deleted')
           OR (a.status = 'enabled' AND (a.floor IS NULL OR a.booked - a.held - s.total >= a.floor)))
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM asked), (SELECT count(*) FROM updated) INTO touched, moved;
  IF touched <> moved THEN
    RAISE EXCEPTION 'ledger: an account cannot hold that' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END"""

END_HOLDS = """
DECLARE expected bigint; ended bigint;
BEGIN
  SELECT count(*) INTO expected FROM old_rows;
  SELECT count(*) INTO ended FROM old_rows o
  JOIN new_rows n ON n.brand = o.brand AND n.id = o.id
  WHERE o.state = 'open' AND n.state <> 'open'
    AND (o.account_id, o.currency, o.amount_minor, o.forced, o.placed_at) = (n.account_id, n.currency, n.amount_minor, n.forced, n.placed_at)
    AND o.expires_at IS NOT DISTINCT FROM n.expires_at
    AND (n.entry_id IS NULL OR EXISTS (SELECT 1 FROM ledger_entries e WHERE e.brand = n.brand AND e.id = n.entry_id));
  IF expected <> ended THEN
    RAISE EXCEPTION 'ledger: a hold ends once, and is otherwise as it was placed' USING ERRCODE = 'check_violation';
  END IF;
  UPDATE ledger_accounts a SET held = a.held - s.total
  FROM (SELECT brand, account_id, sum(amount_minor)::bigint AS total FROM old_rows GROUP BY brand, account_id) s
  WHERE a.brand = s.brand AND a.id = s.account_id;
  RETURN NULL;
END"""

REVERSE = """
BEGIN
  IF EXISTS (
    SELECT 1 FROM new_rows n LEFT JOIN ledger_entries e ON e.brand = n.brand AND e.id = n.reverses
    WHERE n.reverses IS NOT NULL AND e.id IS NULL
  ) THEN
    RAISE EXCEPTION 'ledger: nothing to reverse' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END"""

REFUSE = """
BEGIN
  RAISE EXCEPTION 'ledger: % of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'check_violation';
END"""

# a rule's own statement is nested in a trigger, anybody else's is not
REFUSE_UNLESS_NESTED = """
BEGIN
  IF pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'ledger: a balance is what postings and holds say' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END"""

FUNCTIONS = {
    "ledger_append": APPEND,
    "ledger_place": PLACE,
    "ledger_end": END_HOLDS,
    "ledger_reverse": REVERSE,
    "ledger_refuse": REFUSE,
    "ledger_refuse_unless_nested": REFUSE_UNLESS_NESTED,
}

TRIGGERS = (
    "ledger_postings_chained AFTER INSERT ON ledger_postings REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_append()",
    "ledger_entries_reversed AFTER INSERT ON ledger_entries REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_reverse()",
    "ledger_holds_placed AFTER INSERT ON ledger_holds REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_place()",
    "ledger_holds_ended AFTER UPDATE ON ledger_holds REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_end()",
    "ledger_entries_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
    "ledger_postings_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_postings FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
    "ledger_holds_frozen BEFORE DELETE OR TRUNCATE ON ledger_holds FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
    "ledger_accounts_frozen BEFORE DELETE OR TRUNCATE ON ledger_accounts FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
    """ledger_accounts_kept BEFORE UPDATE OF booked, held, version ON ledger_accounts FOR EACH ROW
    WHEN (old.booked IS DISTINCT FROM new.booked OR old.held IS DISTINCT FROM new.held OR old.version IS DISTINCT FROM new.version)
    EXECUTE FUNCTION ledger_refuse_unless_nested()""",
    """ledger_accounts_opened BEFORE INSERT ON ledger_accounts FOR EACH ROW
    WHEN (new.booked <> 0 OR new.held <> 0 OR new.version <> 0) EXECUTE FUNCTION ledger_refuse()""",
    """ledger_accounts_fixed BEFORE UPDATE OF brand, id, internal, currency ON ledger_accounts FOR EACH ROW
    WHEN ((old.brand, old.id, old.internal, old.currency) IS DISTINCT FROM (new.brand, new.id, new.internal, new.currency))
    EXECUTE FUNCTION ledger_refuse()""",
)


def statements(schema: str) -> list[str]:
    """`schema`: the quoted name of the one that holds the tables."""
    functions = [FUNCTION.format(name=name, schema=schema, body=body) for name, body in FUNCTIONS.items()]
    closed = [f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC" for name in FUNCTIONS]
    return [*functions, *closed, *(f"CREATE TRIGGER {trigger}" for trigger in TRIGGERS)]
