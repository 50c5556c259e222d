"""Note what the sinks of the ledger's outbox still have to get: lanes of aggregates, and when an event was planned."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger_outbox", sa.Column("planned_at", Instant, nullable=True))
    for name, column, where in (
        ("ledger_outbox_unplanned", "at", "planned_at IS NULL"),
        ("ledger_outbox_delivered", "delivered_at", "delivered_at IS NOT NULL"),
    ):
        op.create_index(name, "ledger_outbox", ["brand", column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    op.create_table(
        "ledger_outbox_lanes",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("aggregate_id", sa.String(128), primary_key=True),
        sa.Column("sink", sa.String(32), primary_key=True),
        sa.Column("next_version", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Instant, nullable=True),
        sa.Column("parked_at", Instant, nullable=True),
        sa.Column("last_error", sa.String(200), nullable=False),
    )
    op.create_index("ledger_outbox_lanes_due", "ledger_outbox_lanes", ["brand", "sink", "due_at"])
