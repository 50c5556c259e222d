"""Keep the checks of funds that were answered, for their customers to read."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "funds_checks",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("consent_id", sa.String(128), nullable=False),
        sa.Column("client_id", sa.String(128), nullable=False),
        sa.Column("format", sa.SmallInteger(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
    )
    op.create_index("funds_checks_by_consent", "funds_checks", ["brand", "consent_id", "at", "id"])
    op.create_index("funds_checks_by_expiry", "funds_checks", ["brand", "expires_at"])
