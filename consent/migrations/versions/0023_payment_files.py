"""Keep the files of payments that TPPs upload, and the payments in them."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, sealed in (("file_blocks", "block"), ("file_pages", "payments")):
        op.create_table(
            name,
            sa.Column("brand", sa.String(64), primary_key=True),
            sa.Column("consent_id", sa.String(128), primary_key=True),
            sa.Column("number", sa.Integer(), primary_key=True),
            sa.Column(sealed, sa.LargeBinary(), nullable=False),
            sa.Column("expires_at", Instant, nullable=False),
        )
        op.create_index(f"{name}_by_expiry", name, ["brand", "expires_at"])
