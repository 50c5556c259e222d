"""Find identities by customer."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("psu_identities_by_customer", "psu_identities", ["brand", "customer_id"])
