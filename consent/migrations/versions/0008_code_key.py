"""Bind a code to the DPoP key that its request named, if any: the client that redeems the code must prove that key."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("codes") as codes:
        codes.add_column(sa.Column("dpop_jkt", sa.String(length=43), nullable=True))
