"""The decisions that wait for their request, which stood among the consent server's tables before."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

COLUMNS = "brand, id, consent_id, client_id, format, decision, created_at, expires_at, taken_at"


def upgrade() -> None:
    op.create_table(
        "stored_decisions",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("consent_id", sa.String(128), nullable=True),
        sa.Column("client_id", sa.String(128), nullable=True),
        sa.Column("format", sa.SmallInteger, nullable=False),
        sa.Column("decision", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("taken_at", sa.BigInteger, nullable=True),
    )
    op.create_index("stored_decisions_by_consent", "stored_decisions", ["brand", "consent_id"])
    op.create_index("stored_decisions_by_client", "stored_decisions", ["brand", "client_id"])
    op.create_index("stored_decisions_by_expiry", "stored_decisions", ["brand", "expires_at"])
    if sa.inspect(op.get_bind()).has_table("decisions"):  # the consent server's migrations, which follow, remove it
        op.execute(f"INSERT INTO stored_decisions ({COLUMNS}) SELECT {COLUMNS} FROM decisions")  # noqa: S608  no value in it
