"""Make the table that remembers who can log in to the synthetic bank, so that they can be listed and exported.

Frozen on purpose: a migration says what was made then, so it repeats the columns and imports only the stored types.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bank_people",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("psu_id", sa.String(64), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
