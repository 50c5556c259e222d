"""Let the database refuse rows that replace others, lines that are rewritten, and money that the application's role would make."""

import sqlalchemy as sa
from alembic import op

from plugins.ledger.migrations.rules import postgresql_0008, sqlite_0008

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        statements = list(sqlite_0008.STATEMENTS)
    else:
        statements = postgresql_0008.statements(str(bind.scalar(sa.text("SELECT quote_ident(current_schema())"))))
    for statement in statements:
        bind.exec_driver_sql(statement)
