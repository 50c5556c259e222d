"""The hot state's epoch, and the leases under which singletons run."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "hot_state_epoch",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
    )
    op.create_table(
        "lease",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
    )
