"""Add backchannel requests (CIBA), and an index of token families by subject: an id_token may name the customer who is asked."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backchannel_requests",
        sa.Column("brand", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("consent_id", sa.String(length=128), nullable=False),
        sa.Column("psu_id", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("format", sa.SmallInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("polled_at", Instant, nullable=True),
        sa.Column("family_id", sa.String(length=128), nullable=True),
        sa.Column("auth_time", Instant, nullable=True),
        sa.Column("acr", sa.String(length=255), nullable=True),
        sa.Column("notification", sa.LargeBinary(), nullable=True),
        sa.Column("notify_at", Instant, nullable=True),
        sa.Column("notify_attempts", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("brand", "id"),
    )
    for name, columns in (
        ("by_psu", ["brand", "psu_id", "state", "created_at"]),
        ("by_consent", ["brand", "consent_id"]),
        ("by_notice", ["brand", "notify_at"]),
        ("by_expiry", ["brand", "expires_at"]),
    ):
        op.create_index(f"backchannel_requests_{name}", "backchannel_requests", columns, unique=False)
    op.create_index("token_families_by_subject", "token_families", ["brand", "client_id", "subject"], unique=False)
