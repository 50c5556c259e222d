"""A token family knows which claims its request asked of userinfo."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("token_families") as families:
        families.add_column(sa.Column("userinfo_claims", sa.Text, nullable=False, server_default=""))
