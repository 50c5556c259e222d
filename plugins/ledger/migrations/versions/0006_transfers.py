"""Make the places of transfers between banks and of account numbers: a payee of this bank is found by its number.

Frozen on purpose: a migration says what was made then. Numbers of accounts that were opened before are written by the server when it
starts (accounts/numbers.py): they are sealed, and no migration has the keys.
"""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _key(length: int = 64) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "ledger_numbers",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("number", sa.String(64), primary_key=True),
        sa.Column("account_id", _key(), primary_key=True),
    )
    op.create_index("ledger_numbers_by_account", "ledger_numbers", ["brand", "account_id"])
    op.create_table(
        "ledger_transfers",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("order_id", _key(), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(4), nullable=True),
        sa.Column("status", sa.String(4), nullable=True),
        sa.Column("route", sa.String(32), nullable=True),
        sa.Column("payee_account", _key(), nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=True),
    )
    op.create_index("ledger_transfers_by_age", "ledger_transfers", ["brand", "at"])
