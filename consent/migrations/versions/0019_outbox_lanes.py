"""Note what the sinks of the outbox still have to get: lanes of aggregates, and when an event was planned."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("planned_at", Instant, nullable=True))
    for name, column, where in (
        ("outbox_unplanned", "at", "planned_at IS NULL"),
        ("outbox_delivered", "delivered_at", "delivered_at IS NOT NULL"),
    ):
        op.create_index(name, "outbox", ["brand", column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    op.create_table(
        "outbox_lanes",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("aggregate_id", sa.String(128), primary_key=True),
        sa.Column("sink", sa.String(32), primary_key=True),
        sa.Column("next_version", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Instant, nullable=True),
        sa.Column("parked_at", Instant, nullable=True),
        sa.Column("last_error", sa.String(200), nullable=False),
    )
    op.create_index("outbox_lanes_due", "outbox_lanes", ["brand", "sink", "due_at"])
