"""Add the tables of commands: the idempotency keys that were used, and a row for each name that is locked."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "locks",
        sa.Column("brand", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("brand", "name"),
    )
    op.create_index("locks_by_expiry", "locks", ["brand", "expires_at"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("brand", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("resource_id", sa.String(length=128), nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("brand", "client_id", "operation", "key_hash"),
    )
    op.create_index("idempotency_keys_by_expiry", "idempotency_keys", ["brand", "expires_at"], unique=False)
