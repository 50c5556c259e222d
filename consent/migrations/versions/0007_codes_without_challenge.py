"""A code may have no PKCE challenge: FAPI 1.0 asks for none in a request that the browser brings. Nothing that is stored changes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("codes") as codes:
        codes.alter_column("code_challenge", existing_type=sa.String(length=43), nullable=True)
