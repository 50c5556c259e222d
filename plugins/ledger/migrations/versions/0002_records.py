"""Make what else belongs to accounts: parties, products, offers, payees, mandates, orders, scheduled payments, statements.

Frozen on purpose: a migration says what was made then, so it repeats the columns and imports only the stored types.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _key(length: int = 64) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("ledger_accounts", sa.Column("product_id", _key(40), nullable=True))
    op.add_column("ledger_accounts", sa.Column("switched", sa.Boolean, nullable=True))
    op.add_column("ledger_sequences", sa.Column("recorded_at", Instant, nullable=True))
    _create_parties()
    _create_products()
    _create_records("beneficiaries")
    _create_records("direct_debits")
    _create_records("standing_orders")
    _create_records("scheduled_payments", sa.Column("due_at", Instant, nullable=False))
    _create_records("statements", sa.Column("starts_at", Instant, nullable=False), sa.Column("ends_at", Instant, nullable=False))


def _create_parties() -> None:
    op.create_table(
        "ledger_parties",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", _key(40), primary_key=True),
        sa.Column("customer_id", _key(), nullable=True),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    op.create_index("ledger_parties_by_customer", "ledger_parties", ["brand", "customer_id"], unique=True)
    op.create_table(
        "ledger_account_parties",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("account_id", _key(), primary_key=True),
        sa.Column("party_id", _key(40), primary_key=True),
        sa.Column("holding", sa.String(16), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
    )


def _create_products() -> None:
    op.create_table(
        "ledger_products",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", _key(40), primary_key=True),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "ledger_offers",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("account_id", _key(), primary_key=True),
        sa.Column("id", _key(40), primary_key=True),
        sa.Column("starts_at", Instant, nullable=True),
        sa.Column("ends_at", Instant, nullable=True),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    op.create_index("ledger_offers_by_id", "ledger_offers", ["brand", "id"], unique=True)


def _create_records(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        f"ledger_{name}",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", _key(40), primary_key=True),
        sa.Column("account_id", _key(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        *columns,
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    op.create_index(f"ledger_{name}_listed", f"ledger_{name}", ["brand", "account_id", "created_at", "id"])
