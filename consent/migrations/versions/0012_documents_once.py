"""A lodged document is kept once, and a client's lodgements are counted by the day they came."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consent_versions", sa.Column("document_version", sa.Integer(), nullable=True))
    op.create_index("consents_by_lodging", "consents", ["brand", "client_id", "created_at"], unique=False)
