"""Make the ledger: accounts, holders, the booking sequence, entries, postings, transactions, holds, journal, outbox.

Frozen on purpose: a migration says what was made then, so it repeats the columns and imports only the stored types.
"""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _key(length: int = 64) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    _create_accounts()
    _create_postings()
    _create_transactions()
    _create_records()


def _create_accounts() -> None:
    op.create_table(
        "ledger_accounts",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", _key(), primary_key=True),
        sa.Column("internal", sa.Boolean, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("type", sa.String(16), nullable=True),
        sa.Column("category", sa.String(16), nullable=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("status_changed_at", Instant, nullable=False),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("product", sa.String(140), nullable=False),
        sa.Column("eligible", sa.Boolean, nullable=False),
        sa.Column("credit_line_minor", sa.BigInteger, nullable=True),
        sa.Column("servicer_bic", sa.String(11), nullable=True),
        sa.Column("identity", sa.LargeBinary, nullable=True),
    )
    op.create_table(
        "ledger_holders",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("customer_id", _key(), primary_key=True),
        sa.Column("account_id", _key(), primary_key=True),
        sa.Column("right", sa.String(16), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
    )


def _create_postings() -> None:
    op.create_table(
        "ledger_sequences",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", _key(), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
    )
    op.create_table(
        "ledger_postings",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("account_id", _key(), primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True),
        sa.Column("entry_id", _key(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("balance_after_minor", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


def _create_transactions() -> None:
    op.create_table(
        "ledger_transactions",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True),
        sa.Column("ended_by", sa.BigInteger, nullable=True),
        sa.Column("id", _key(), nullable=False),
        sa.Column("account_id", _key(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("booked_at", Instant, nullable=False),
        sa.Column("value_at", Instant, nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("balance_after_minor", sa.BigInteger, nullable=True),
        sa.Column("code", sa.String(32), nullable=True),
        sa.Column("narrative", sa.LargeBinary, nullable=False),
    )
    op.create_index(
        "ledger_transactions_standing",
        "ledger_transactions",
        ["brand", "id"],
        unique=True,
        sqlite_where=sa.text("ended_by IS NULL"),
        postgresql_where=sa.text("ended_by IS NULL"),
    )
    op.create_index("ledger_transactions_by_booking", "ledger_transactions", ["brand", "account_id", "booked_at", "id"])
    op.create_table(
        "ledger_holds",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("account_id", _key(), primary_key=True),
        sa.Column("id", _key(), primary_key=True),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("placed_at", Instant, nullable=False),
        sa.Column("ended_by", sa.BigInteger, nullable=True),
    )


def _create_records() -> None:
    op.create_table(
        "ledger_journal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("brand", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("aggregate_id", sa.String(128), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("actor", sa.String(160), nullable=False),
        sa.Column("interaction_id", sa.String(64), nullable=False),
        sa.Column("facts", sa.LargeBinary, nullable=False),
    )
    op.create_index("ledger_journal_by_aggregate", "ledger_journal", ["brand", "aggregate_id", "id"])
    op.create_table(
        "ledger_outbox",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("aggregate_id", sa.String(128), primary_key=True),
        sa.Column("aggregate_version", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("delivered_at", Instant, nullable=True),
    )
