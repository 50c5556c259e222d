"""Make the tables of identities and one-time codes.

Frozen on purpose: a migration says what was made then, so it repeats the columns and imports only the stored types.
"""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "psu_identities",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("username_blind", sa.String(64), nullable=False),
        sa.Column("password_hash", sa.String(256), nullable=False),
        sa.Column("customer_id", sa.String(64), nullable=False),
        sa.Column("display_name", sa.LargeBinary, nullable=False),
        sa.Column("sca_methods", sa.String(64), nullable=False),
    )
    op.create_index("psu_identities_by_username", "psu_identities", ["brand", "username_blind"], unique=True)
    op.create_table(
        "psu_codes",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("reference", sa.String(64), primary_key=True),
        sa.Column("psu_id", sa.String(64), nullable=False),
        sa.Column("journey_id", sa.String(128), nullable=False),
        sa.Column("code_blind", sa.String(64), nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("taken_at", Instant, nullable=True),
    )
    op.create_index("psu_codes_by_psu", "psu_codes", ["brand", "psu_id"])
