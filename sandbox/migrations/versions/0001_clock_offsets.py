"""The stored clock offset of each brand."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "clock_offsets",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("seconds", sa.BigInteger, nullable=False),
    )
