"""Keep the cycle in which a rail settles a payment that it has made, and let the application settle it and take payments back."""

import sqlalchemy as sa
from alembic import op

from plugins.ledger.migrations.rules import postgresql_0009

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger_transfers", sa.Column("cycle", sa.String(64), nullable=True))
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        for statement in postgresql_0009.statements(str(bind.scalar(sa.text("SELECT quote_ident(current_schema())")))):
            bind.exec_driver_sql(statement)
