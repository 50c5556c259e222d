"""Find messages by their order, and those that match none by their age."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_index("inbox_by_order", "inbox", ["brand", "order_id"])
    op.create_index("inbox_by_effect", "inbox", ["brand", "effect", "received_at"])


def downgrade() -> None:
    op.drop_index("inbox_by_effect", "inbox")
    op.drop_index("inbox_by_order", "inbox")
