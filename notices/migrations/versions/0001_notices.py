"""Make the tables of notices to TPPs: subscriptions, and notices.

Frozen on purpose: a migration says what was made then, so it repeats the columns and imports only the stored types.
"""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_subscriptions",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("client_id", sa.String(128), primary_key=True),
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("form", sa.String(64), nullable=False),
        sa.Column("lodged_as", sa.String(64), nullable=False),
        sa.Column("stated_version", sa.String(10), nullable=False),
        sa.Column("callback_url", sa.String(2048), nullable=True),
        sa.Column("kinds", sa.String(512), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("due_at", Instant, nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("failing_since", Instant, nullable=True),
        sa.Column("unresponsive_since", Instant, nullable=True),
        sa.Column("last_error", sa.String(200), nullable=False),
    )
    op.create_index("notice_subscriptions_due", "notice_subscriptions", ["brand", "due_at"])
    op.create_table(
        "notices",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("client_id", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("lodged_as", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("subject_id", sa.String(128), nullable=False),
        sa.Column("subject_version", sa.Integer, nullable=False),
        sa.Column("product", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(64), nullable=True),
        sa.Column("occurred_at", Instant, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.Column("ended_as", sa.String(64), nullable=True),
        sa.Column("error", sa.String(200), nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
    )
    _index()


def _index() -> None:
    pending = sa.text("ended_at IS NULL")
    op.create_index(
        "notices_pending", "notices", ["brand", "client_id", "made_at"], sqlite_where=pending, postgresql_where=pending
    )
    op.create_index("notices_by_client", "notices", ["brand", "client_id", "occurred_at"])
    op.create_index("notices_by_expiry", "notices", ["brand", "expires_at"])


def downgrade() -> None:
    op.drop_table("notices")
    op.drop_table("notice_subscriptions")
