"""Make the tables of reconciliation: statements, matches, breaks and their history."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "statements",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("closes_on", sa.Date, nullable=False),
        sa.Column("verdict", sa.String(64), nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("imported_at", Instant, nullable=False),
    )
    op.create_table(
        "matches",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("item_id", sa.String(128), primary_key=True),
        sa.Column("line_id", sa.String(128), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("by", sa.String(160), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.UniqueConstraint("brand", "line_id", "position", name="matches_by_line"),
    )
    op.create_table(
        "breaks",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("opened_at", Instant, nullable=False),
    )
    op.create_table(
        "break_events",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("break_id", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("by", sa.String(160), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    op.create_index("statements_by_account", "statements", ["brand", "account", "currency", "closes_on"])
    op.create_index("statements_by_verdict", "statements", ["brand", "verdict", "imported_at"])
    op.create_index("breaks_by_state", "breaks", ["brand", "state", "opened_at"])
