"""Accounts that have just been closed, so that no approval that is on its way shares one."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "closed_accounts",
        sa.Column("brand", sa.String(length=64), nullable=False),
        sa.Column("upstream_blind", sa.String(length=64), nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("brand", "upstream_blind"),
    )
    op.create_index("closed_accounts_by_expiry", "closed_accounts", ["brand", "expires_at"], unique=False)
