"""Make the index of planned payments by account. Instructions enter it with their next version, orders for a later day as they are placed."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "planned_payments",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("account_blind", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(128), primary_key=True),
    )
    op.create_index("planned_payments_by_id", "planned_payments", ["brand", "id"])


def downgrade() -> None:
    op.drop_table("planned_payments")
