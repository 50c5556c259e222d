"""Count what one operator resolves without another on a day."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "resolved_alone",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("operator", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("currency", sa.String(3), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("minor", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("resolved_alone")
