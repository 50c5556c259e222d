"""Keep when a payment was settled, and the instants that upstreams gave. Of orders that were settled before, that of the event."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0004"
down_revision = "0003"
branch_labels = depends_on = None

SETTLED = """
UPDATE orders SET settled_at = (
  SELECT min(e.at) FROM order_events e WHERE e.brand = orders.brand AND e.order_id = orders.id AND e.event = 'settle'
) WHERE state = 'settled'
"""


def upgrade() -> None:
    op.add_column("orders", sa.Column("settled_at", Instant, nullable=True))
    op.add_column("order_events", sa.Column("reported_at", Instant, nullable=True))
    op.execute(SETTLED)


def downgrade() -> None:
    op.drop_column("order_events", "reported_at")
    op.drop_column("orders", "settled_at")
