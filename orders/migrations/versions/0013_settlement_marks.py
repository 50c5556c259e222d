"""Keep the movement of each clearing account up to which all are settled, and find settled payments by their booking numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "settlement_marks",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("rail", sa.String(64), primary_key=True),
        sa.Column("currency", sa.String(3), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    op.create_index("settlement_items_by_booking", "settlement_items", ["brand", "rail", "currency", "sequence"])
