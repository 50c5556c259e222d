"""Write down on which rail an order goes. Of the orders that are there it stays unsaid: the ledger knows it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("rail", sa.String(64), nullable=True))
