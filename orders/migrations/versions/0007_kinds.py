"""Write down of which kind the consent of an order is. All orders that are there were placed under a consent to one payment, at once."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = depends_on = None

ONLY_KIND = "payment"


def upgrade() -> None:
    op.add_column("orders", sa.Column("kind", sa.String(64), nullable=False, server_default=ONLY_KIND))


def downgrade() -> None:
    op.drop_column("orders", "kind")
