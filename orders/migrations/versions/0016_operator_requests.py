"""Remember the requests of operators that were taken, so that none is taken twice by any server."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0016"
down_revision = "0015"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "operator_requests",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("nonce", sa.String(128), primary_key=True),
        sa.Column("expires_at", Instant, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("operator_requests")
