"""Add how many holders must agree to a payment from an account; those that are there need every holder who may approve.

Frozen on purpose: a migration says what was made then.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger_accounts", sa.Column("signatures", sa.Integer, nullable=False, server_default="1"))
    accounts = sa.table("ledger_accounts", *(sa.column(name) for name in ("brand", "id", "signatures")))
    holders = sa.table("ledger_holders", *(sa.column(name) for name in ("brand", "account_id", "right")))
    approving = (
        sa.select(sa.func.count())
        .where(
            holders.c.brand == accounts.c.brand,
            holders.c.account_id == accounts.c.id,
            holders.c.right == "approve",
        )
        .scalar_subquery()
    )
    op.execute(accounts.update().where(approving > 1).values(signatures=approving))
