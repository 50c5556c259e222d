"""Keep messages as long as orders: those that are there were to go after 90 days."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = depends_on = None

SHORT_MICROSECONDS, LONG_MICROSECONDS = 90 * 86_400_000_000, 6 * 366 * 86_400_000_000
INBOX = sa.table("inbox", sa.column("received_at", sa.BigInteger), sa.column("expires_at", sa.BigInteger))


def upgrade() -> None:
    op.execute(INBOX.update().values(expires_at=INBOX.c.received_at + LONG_MICROSECONDS))


def downgrade() -> None:
    op.execute(INBOX.update().values(expires_at=INBOX.c.received_at + SHORT_MICROSECONDS))
