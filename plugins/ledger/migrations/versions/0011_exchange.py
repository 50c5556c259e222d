"""Let the application open the bank's own accounts of exchange."""

import sqlalchemy as sa
from alembic import op

from plugins.ledger.migrations.rules import postgresql_0011

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        for statement in postgresql_0011.statements(str(bind.scalar(sa.text("SELECT quote_ident(current_schema())")))):
            bind.exec_driver_sql(statement)
