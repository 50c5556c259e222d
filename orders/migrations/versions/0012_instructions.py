"""Make instructions of several executions: a state, a next turn and a history of their own. Those that are there are single payments."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0012"
down_revision = "0011"
branch_labels = depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("version", sa.Integer, nullable=True),
        sa.Column("state", sa.String(64), nullable=True),
        sa.Column("reason", sa.String(4), nullable=True),
        sa.Column("psu_id", sa.String(128), nullable=True),
        sa.Column("made", sa.Integer, nullable=True),
        sa.Column("details", sa.LargeBinary, nullable=True),
        sa.Column("signing", sa.LargeBinary, nullable=True),
        sa.Column("updated_at", Instant, nullable=True),
        sa.Column("turns_at", Instant, nullable=True),
        sa.Column("since", Instant, nullable=True),
    ):
        op.add_column("instructions", column)
    op.create_index("instructions_by_turn", "instructions", ["brand", "turns_at"])
    op.create_index("instructions_by_state", "instructions", ["brand", "state", "since"])
    op.create_index("instructions_by_consent", "instructions", ["brand", "consent_id"])
    op.create_table(
        "instruction_events",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("instruction_id", sa.String(128), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("from_state", sa.String(64), nullable=True),
        sa.Column("to_state", sa.String(64), nullable=False),
        sa.Column("execution", sa.Integer, nullable=True),
        sa.Column("reason", sa.String(4), nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("cause", sa.String(160), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("instruction_events")
    for name in ("instructions_by_turn", "instructions_by_state", "instructions_by_consent"):
        op.drop_index(name, "instructions")
    for name in ("version", "state", "reason", "psu_id", "made", "details", "signing", "updated_at", "turns_at", "since"):
        op.drop_column("instructions", name)
