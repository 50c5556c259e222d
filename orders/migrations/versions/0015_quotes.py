"""Keep the rate that is fixed for an order after it was placed, sealed. The orders that are there have theirs from the beginning, or none."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("quote", sa.LargeBinary, nullable=True))


def downgrade() -> None:
    op.drop_column("orders", "quote")
