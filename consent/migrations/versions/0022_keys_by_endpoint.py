"""Keep idempotency keys by endpoint instead of operation, of which several products have the same.

Each operation that had keys so far was that of one product: its keys move to that product's endpoint and answer for the rest of their day.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ENDPOINTS = (  # of UK Open Banking v4.0, by the operation that had it alone
    ("lodge_payment_consent", "uk_obie/v4.0 POST /domestic-payment-consents"),
    ("place_payment", "uk_obie/v4.0 POST /domestic-payments"),
)


def upgrade() -> None:
    with op.batch_alter_table("idempotency_keys") as keys:
        keys.alter_column(
            "operation", new_column_name="endpoint", existing_type=sa.String(64), type_=sa.String(200), existing_nullable=False
        )
    move = sa.text("UPDATE idempotency_keys SET endpoint = :endpoint WHERE endpoint = :operation")
    for operation, endpoint in ENDPOINTS:
        op.execute(move.bindparams(endpoint=endpoint, operation=operation))
