"""Make the place of quotes: rates of exchange that the bank is bound to, until they expire or are used."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _key(length: int = 64) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "ledger_quotes",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", _key(), primary_key=True),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("order_id", _key(), nullable=True),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    op.create_index("ledger_quotes_by_end", "ledger_quotes", ["brand", "expires_at"])


def downgrade() -> None:
    op.drop_table("ledger_quotes")
