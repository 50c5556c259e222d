"""For which resources a token family was granted (RFC 8707), and whether by authorization_details (RFC 9396 section 7)."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("token_families") as families:
        families.add_column(sa.Column("resources", sa.Text(), nullable=False, server_default=""))
        families.add_column(sa.Column("is_detailed", sa.Boolean(), nullable=False, server_default=sa.false()))
