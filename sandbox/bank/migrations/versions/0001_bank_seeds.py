"""Make the tables that remember what of the synthetic bank has been made.

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
        "bank_anchors",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("seed", sa.String(64), nullable=False),
        sa.Column("anchor", Instant, nullable=False),
    )
    op.create_table(
        "bank_households",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("seeded_at", Instant, nullable=False),
    )
