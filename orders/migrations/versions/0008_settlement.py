"""Make the tables of settlement: settlements of cycles, the payments in them, and payments that came back."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "settlements",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("rail", sa.String(64), primary_key=True),
        sa.Column("currency", sa.String(3), primary_key=True),
        sa.Column("cycle", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("count_out", sa.Integer, nullable=False),
        sa.Column("sum_out_minor", sa.BigInteger, nullable=False),
        sa.Column("count_in", sa.Integer, nullable=False),
        sa.Column("sum_in_minor", sa.BigInteger, nullable=False),
        sa.Column("entry_id", sa.String(128), nullable=False),
        sa.Column("calendar", sa.String(64), nullable=False),
        sa.Column("computed_at", Instant, nullable=False),
        sa.Column("booked_at", Instant, nullable=True),
    )
    op.create_table(
        "settlement_items",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("entry_id", sa.String(128), primary_key=True),
        sa.Column("rail", sa.String(64), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("cycle", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "returns",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("rail", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("uetr", sa.String(64), nullable=False),
        sa.Column("order_id", sa.String(128), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("cycle", sa.String(64), nullable=True),
        sa.Column("entry_id", sa.String(128), nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("booked_at", Instant, nullable=True),
        sa.UniqueConstraint("brand", "entry_id", name="returns_by_entry"),
    )
    op.create_index("settlements_by_state", "settlements", ["brand", "state", "computed_at"])
    op.create_index("settlement_items_by_cycle", "settlement_items", ["brand", "rail", "currency", "cycle"])
    op.create_index("returns_by_state", "returns", ["brand", "state", "received_at"])
