"""Write the amount of an order in clear, for the sums of a consent to many payments. The orders that are there were all placed under a
consent to one, of which no sums are made: theirs stay unsaid. An index finds the orders of a consent by when they were received.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("amount_minor", sa.BigInteger, nullable=True))
    op.add_column("orders", sa.Column("currency", sa.String(3), nullable=True))
    op.drop_index("orders_by_consent", "orders")
    op.create_index("orders_by_consent", "orders", ["brand", "consent_id", "created_at"])
