"""Let the database keep the rules of money: balances and holds on the account's row, chained postings, triggers.

The chain continues what was posted: the version of a posting is its number among those of its account, in the order of booking. Frozen
on purpose: a migration says what was made then, so it repeats the columns and imports only the stored types and the rules of its number.
"""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant
from plugins.ledger.migrations.rules import postgresql_0004, sqlite_0004

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE = "_0003"
FLOOR = "CASE WHEN internal THEN -credit_line_minor ELSE -coalesce(credit_line_minor, 0) END"


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    _add_balances(is_sqlite)
    _set_aside("entries", "postings", "holds", is_sqlite=is_sqlite)
    _create_entries()
    _create_postings(is_sqlite)
    _create_holds()
    _carry_over()
    for name in ("entries", "postings", "holds"):
        op.drop_table(f"ledger_{name}{BEFORE}")
    statements = sqlite_0004.STATEMENTS if is_sqlite else postgresql_0004.statements(_schema())
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def _key(length: int = 64) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _schema() -> str:
    return str(op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())")))


def _add_balances(is_sqlite: bool) -> None:
    for name in ("booked", "held", "version"):
        op.add_column("ledger_accounts", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
    kept = "VIRTUAL" if is_sqlite else "STORED"
    op.execute(f"ALTER TABLE ledger_accounts ADD COLUMN floor BIGINT GENERATED ALWAYS AS ({FLOOR}) {kept}")


def _set_aside(*names: str, is_sqlite: bool) -> None:
    """Rename the tables, and on PostgreSQL the indexes of their keys, whose names the new ones take."""
    for name in names:
        op.rename_table(f"ledger_{name}", f"ledger_{name}{BEFORE}")
        if not is_sqlite:
            op.execute(f"ALTER INDEX ledger_{name}_pkey RENAME TO ledger_{name}{BEFORE}_pkey")


def _create_entries() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", _key(), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("legs", sa.SmallInteger, sa.CheckConstraint("legs >= 2", "ledger_entries_legs"), nullable=False),
        sa.Column("value_date", sa.Date, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.Column("cause", sa.String(128), nullable=False),
        sa.Column("forced", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("reverses", _key(), nullable=True),
        sa.Column("rate", sa.String(32), nullable=True),
        sa.Column("rate_source", sa.String(64), nullable=True),
        sa.Column("quote_id", _key(), nullable=True),
        sa.CheckConstraint("(rate IS NULL) = (rate_source IS NULL)", "ledger_entries_rate"),
        sa.CheckConstraint("quote_id IS NULL OR rate IS NOT NULL", "ledger_entries_quote"),
    )
    for suffix, column in (("reversed", "reverses"), ("quote", "quote_id")):
        given = sa.text(f"{column} IS NOT NULL")
        name = f"ledger_entries_by_{suffix}"
        op.create_index(name, "ledger_entries", ["brand", column], unique=True, sqlite_where=given, postgresql_where=given)


def _create_postings(is_sqlite: bool) -> None:
    """SQLite alone has the foreign key: its only check of a whole transaction. PostgreSQL asks for the entry in a trigger."""
    sealed = sa.ForeignKeyConstraint(
        ["brand", "entry_id"], ["ledger_entries.brand", "ledger_entries.id"], deferrable=True, initially="DEFERRED"
    )
    op.create_table(
        "ledger_postings",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("entry_id", _key(), primary_key=True),
        sa.Column("leg", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("account_id", _key(), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column(
            "amount_minor", sa.BigInteger, sa.CheckConstraint("amount_minor <> 0", "ledger_postings_amount"), nullable=False
        ),
        sa.Column("after_minor", sa.BigInteger, nullable=False),
        *([sealed] if is_sqlite else []),
        sqlite_with_rowid=False,
    )
    op.create_index("ledger_postings_by_account", "ledger_postings", ["brand", "account_id", "version"], unique=True)


def _create_holds() -> None:
    ended = "(state = 'open') = (ended_at IS NULL)"
    captured = "(state = 'captured') = (captured_minor IS NOT NULL) AND (state = 'captured') = (entry_id IS NOT NULL)"
    op.create_table(
        "ledger_holds",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", _key(), primary_key=True),
        sa.Column("account_id", _key(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger, sa.CheckConstraint("amount_minor > 0", "ledger_holds_amount"), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("forced", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("placed_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=True),
        sa.Column("ended_at", Instant, nullable=True),
        sa.Column("captured_minor", sa.BigInteger, nullable=True),
        sa.Column("entry_id", _key(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'captured', 'released', 'expired')", "ledger_holds_state"),
        sa.CheckConstraint(ended, "ledger_holds_ended"),
        sa.CheckConstraint(captured, "ledger_holds_captured"),
        sa.CheckConstraint("captured_minor BETWEEN 1 AND amount_minor", "ledger_holds_captured_minor"),
        sa.CheckConstraint("state <> 'expired' OR expires_at IS NOT NULL", "ledger_holds_expired"),
    )
    for name, column in (("open", "account_id"), ("expiring", "expires_at")):
        is_open = sa.text("state = 'open'")
        op.create_index(f"ledger_holds_{name}", "ledger_holds", ["brand", column], sqlite_where=is_open, postgresql_where=is_open)


ENTRIES = """
    INSERT INTO ledger_entries (brand, id, kind, legs, value_date, recorded_at, cause)
    SELECT e.brand, e.id, e.kind, p.legs, {day}, e.recorded_at, e.id
    FROM ledger_entries_0003 e
    JOIN (SELECT brand, entry_id, count(*) AS legs FROM ledger_postings_0003 GROUP BY brand, entry_id) p
      ON p.brand = e.brand AND p.entry_id = e.id"""
DAYS = {
    "sqlite": "date(e.recorded_at / 1000000, 'unixepoch')",
    "postgresql": "(to_timestamp(e.recorded_at / 1000000) AT TIME ZONE 'UTC')::date",
}
POSTINGS = """
    INSERT INTO ledger_postings (brand, account_id, version, entry_id, leg, sequence, amount_minor, after_minor)
    SELECT brand, account_id, row_number() OVER (PARTITION BY brand, account_id ORDER BY sequence), entry_id,
      row_number() OVER (PARTITION BY brand, entry_id ORDER BY sequence), sequence, amount_minor, balance_after_minor
    FROM ledger_postings_0003"""
# of several holds of one id, of which one at most is open, the last is kept: the others hold nothing
HOLDS = """
    INSERT INTO ledger_holds
      (brand, id, account_id, currency, amount_minor, state, forced, placed_at, ended_at, captured_minor, entry_id)
    SELECT h.brand, h.id, h.account_id, a.currency, h.amount_minor,
      CASE WHEN h.ended_by IS NULL THEN 'open' WHEN p.amount_minor < 0 THEN 'captured' ELSE 'released' END,
      {true},
      h.placed_at,
      CASE WHEN h.ended_by IS NOT NULL THEN coalesce(e.recorded_at, h.placed_at) END,
      CASE WHEN -p.amount_minor < h.amount_minor THEN -p.amount_minor ELSE h.amount_minor END * {captured},
      CASE WHEN p.amount_minor < 0 THEN p.entry_id END
    FROM (SELECT *, row_number() OVER (PARTITION BY brand, id ORDER BY ended_by IS NULL DESC, ended_by DESC) AS rank FROM ledger_holds_0003) h
    JOIN ledger_accounts a ON a.brand = h.brand AND a.id = h.account_id
    LEFT JOIN ledger_postings_0003 p ON p.brand = h.brand AND p.account_id = h.account_id AND p.sequence = h.ended_by
    LEFT JOIN ledger_entries_0003 e ON e.brand = p.brand AND e.id = p.entry_id
    WHERE h.rank = 1"""
CAPTURED = "CASE WHEN p.amount_minor < 0 THEN 1 END"  # null for every other, and so is the product
BALANCES = """
    UPDATE ledger_accounts SET
      booked = coalesce((SELECT sum(amount_minor) FROM ledger_postings p WHERE p.brand = ledger_accounts.brand AND p.account_id = ledger_accounts.id), 0),
      version = coalesce((SELECT max(version) FROM ledger_postings p WHERE p.brand = ledger_accounts.brand AND p.account_id = ledger_accounts.id), 0),
      held = coalesce((SELECT sum(amount_minor) FROM ledger_holds h WHERE h.brand = ledger_accounts.brand AND h.account_id = ledger_accounts.id AND h.state = 'open'), 0)"""


def _carry_over() -> None:
    dialect = op.get_bind().dialect.name
    for statement in (
        ENTRIES.format(day=DAYS[dialect]),
        POSTINGS,
        HOLDS.format(true="TRUE", captured=CAPTURED),
        BALANCES,
    ):
        op.get_bind().exec_driver_sql(statement)
