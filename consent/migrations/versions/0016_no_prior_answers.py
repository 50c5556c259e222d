"""No table of answers that are given before their page: a server whose pages are asked has no use for it."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("decisions")
