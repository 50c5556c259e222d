"""TPPs that call by their certificate alone are registered, and what one lodges is counted."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organisations",
        sa.Column("brand", sa.String(64), nullable=False),
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("name", sa.String(256), nullable=False),
        sa.Column("authority_id", sa.String(256), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("brand", "id"),
    )
    op.create_index("consents_by_organisation", "consents", ["brand", "organisation_id", "created_at"], unique=False)
