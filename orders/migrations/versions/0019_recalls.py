"""Make the tables of recalls: each as it is now, and the history of its events, both sealed; and find the returns of an order."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0019"
down_revision = "0018"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "recalls",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("direction", sa.String(64), nullable=False),
        sa.Column("rail", sa.String(64), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("uetr", sa.String(64), nullable=False),
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("entry", sa.String(128), nullable=True),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "recall_events",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("recall_id", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("by", sa.String(160), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    op.create_index("recalls_by_state", "recalls", ["brand", "state", "since"])
    op.create_index("recalls_by_payment", "recalls", ["brand", "uetr"])
    op.create_index("returns_by_order", "returns", ["brand", "order_id"])
    op.create_index("recalls_by_entry", "recalls", ["brand", "entry"])
