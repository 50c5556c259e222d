"""Let the database refuse a second order for a consent that is given once. Each order that there is used its consent up; of several for
one consent, which nothing but a change behind our back has made, the first counts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

USED = """
    UPDATE orders SET single_use_of = consent_id
    WHERE id = (SELECT min(o.id) FROM orders o WHERE o.brand = orders.brand AND o.consent_id = orders.consent_id)"""


def upgrade() -> None:
    op.add_column("orders", sa.Column("single_use_of", sa.String(128), nullable=True))
    op.execute(USED)
    op.create_index("orders_by_single_use", "orders", ["brand", "single_use_of"], unique=True)
