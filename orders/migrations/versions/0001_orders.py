"""Make the tables of payment orders: instructions, orders, their history, their attempts, who must sign them, and what was received.

Frozen on purpose: a migration says what was made then, so it repeats the columns and imports only the stored types.
"""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_orders()
    _create_history()
    _create_messages()


def _create_orders() -> None:
    op.create_table(
        "instructions",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("executions", sa.Integer, nullable=False),
        sa.Column("consent_id", sa.String(128), nullable=False),
        sa.Column("client_id", sa.String(128), nullable=False),
        sa.Column("organisation_id", sa.String(128), nullable=False),
        sa.Column("lodged_as", sa.String(64), nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
    )
    op.create_table(
        "orders",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("rail_status", sa.String(4), nullable=False),
        sa.Column("reason", sa.String(4), nullable=True),
        sa.Column("instruction_id", sa.String(128), nullable=False),
        sa.Column("execution", sa.Integer, nullable=False),
        sa.Column("consent_id", sa.String(128), nullable=False),
        sa.Column("client_id", sa.String(128), nullable=False),
        sa.Column("organisation_id", sa.String(128), nullable=False),
        sa.Column("psu_id", sa.String(128), nullable=True),
        sa.Column("lodged_as", sa.String(64), nullable=False),
        sa.Column("uetr", sa.String(64), nullable=False),
        sa.Column("format", sa.SmallInteger, nullable=False),
        sa.Column("details", sa.LargeBinary, nullable=False),
        sa.Column("signing", sa.LargeBinary, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("execute_at", Instant, nullable=True),
        sa.Column("settles_at", Instant, nullable=True),
        sa.Column("turns_at", Instant, nullable=True),
        sa.Column("due_at", Instant, nullable=True),
        sa.Column("since", Instant, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("submissions", sa.Integer, nullable=False),
        sa.UniqueConstraint("brand", "instruction_id", "execution", name="orders_by_execution"),
        sa.UniqueConstraint("brand", "uetr", name="orders_by_uetr"),
    )
    op.create_index("orders_by_due", "orders", ["brand", "due_at"])
    op.create_index("orders_by_turn", "orders", ["brand", "turns_at"])
    op.create_index("orders_by_state", "orders", ["brand", "state", "since"])
    op.create_index("orders_by_consent", "orders", ["brand", "consent_id"])
    op.create_index("orders_by_psu", "orders", ["brand", "psu_id", "created_at"])


def _create_history() -> None:
    op.create_table(
        "order_events",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("order_id", sa.String(128), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("from_state", sa.String(64), nullable=True),
        sa.Column("to_state", sa.String(64), nullable=False),
        sa.Column("rail_status", sa.String(4), nullable=False),
        sa.Column("reason", sa.String(4), nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("cause", sa.String(160), nullable=False),
        sa.Column("evidence", sa.LargeBinary, nullable=True),
    )
    op.create_table(
        "order_attempts",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("order_id", sa.String(128), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("uetr", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("began_at", Instant, nullable=False),
        sa.Column("arrives_until", Instant, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.Column("outcome", sa.String(64), nullable=True),
    )


def _create_messages() -> None:
    op.create_table(
        "order_signers",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("customer_blind", sa.String(64), primary_key=True),
        sa.Column("order_id", sa.String(128), primary_key=True),
        sa.Column("signed_at", Instant, nullable=True),
    )
    op.create_index("order_signers_by_order", "order_signers", ["brand", "order_id"])
    op.create_table(
        "inbox",
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("source", sa.String(64), primary_key=True),
        sa.Column("message_id", sa.String(128), primary_key=True),
        sa.Column("order_id", sa.String(128), nullable=True),
        sa.Column("effect", sa.String(64), nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
    )
    op.create_index("inbox_by_expiry", "inbox", ["brand", "expires_at"])
