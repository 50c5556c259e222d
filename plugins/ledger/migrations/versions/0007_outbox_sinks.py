"""Register the sinks of the ledger's outbox as rows: each that has lanes."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_outbox_sinks",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("sink", sa.String(32), primary_key=True),
        sa.Column("registered_at", Instant, nullable=False),
    )
    op.execute("INSERT INTO ledger_outbox_sinks SELECT DISTINCT brand, sink, 0 FROM ledger_outbox_lanes")
