"""Add the signers of a consent that several customers must sign."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent_signers",
        sa.Column("brand", sa.String(length=64), nullable=False),
        sa.Column("customer_blind", sa.String(length=64), nullable=False),
        sa.Column("consent_id", sa.String(length=128), nullable=False),
        sa.Column("signed_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("brand", "customer_blind", "consent_id"),
    )
    op.create_index("consent_signers_by_consent", "consent_signers", ["brand", "consent_id"], unique=False)
