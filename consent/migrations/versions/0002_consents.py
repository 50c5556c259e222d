"""Make the tables of consents, their history and authorisations, and of the journeys of PSUs towards them."""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_references",
        sa.Column("brand", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.String(length=128), nullable=False),
        sa.Column("upstream_blind", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=128), nullable=False),
        sa.Column("upstream_id", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("brand", "organisation_id", "upstream_blind"),
        sa.UniqueConstraint("brand", "account_id", name="account_references_by_account"),
    )
    op.create_table(
        "attempts",
        sa.Column("brand", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("first_at", Instant, nullable=False),
        sa.Column("blocked_until", Instant, nullable=True),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("brand", "subject"),
    )
    op.create_index("attempts_by_expiry", "attempts", ["expires_at"], unique=False)
    op.create_table(
        "authorisations",
        sa.Column("brand", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("consent_id", sa.String(length=128), nullable=False),
        sa.Column("psu_id", sa.String(length=128), nullable=False),
        sa.Column("approach", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("format", sa.SmallInteger(), nullable=False),
        sa.Column("shown", sa.LargeBinary(), nullable=True),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("brand", "id"),
    )
    op.create_index("authorisations_by_consent", "authorisations", ["brand", "consent_id", "started_at"], unique=False)
    op.create_index("authorisations_by_status", "authorisations", ["status", "started_at"], unique=False)
    op.create_table(
        "consent_versions",
        sa.Column("brand", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("format", sa.SmallInteger(), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("brand", "id", "version"),
    )
    op.create_table(
        "consents",
        sa.Column("brand", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("organisation_id", sa.String(length=128), nullable=False),
        sa.Column("lodged_as", sa.String(length=64), nullable=False),
        sa.Column("psu_id", sa.String(length=128), nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("state_changed_at", Instant, nullable=False),
        sa.Column("valid_until", Instant, nullable=True),
        sa.PrimaryKeyConstraint("brand", "id"),
    )
    op.create_index("consents_by_client", "consents", ["brand", "client_id", "state", "created_at"], unique=False)
    op.create_index("consents_by_psu", "consents", ["brand", "psu_id", "created_at"], unique=False)
    op.create_index("consents_by_validity", "consents", ["state", "valid_until"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("brand", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("consent_id", sa.String(length=128), nullable=True),
        sa.Column("client_id", sa.String(length=128), nullable=True),
        sa.Column("format", sa.SmallInteger(), nullable=False),
        sa.Column("decision", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("taken_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("brand", "id"),
    )
    op.create_index("decisions_by_client", "decisions", ["brand", "client_id"], unique=False)
    op.create_index("decisions_by_consent", "decisions", ["brand", "consent_id"], unique=False)
    op.create_index("decisions_by_expiry", "decisions", ["expires_at"], unique=False)
    op.create_table(
        "journeys",
        sa.Column("brand", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("login_hash", sa.String(length=64), nullable=True),
        sa.Column("pushed_id", sa.String(length=128), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("consent_id", sa.String(length=128), nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("notice", sa.String(length=64), nullable=False),
        sa.Column("psu_id", sa.String(length=128), nullable=True),
        sa.Column("authorisation_id", sa.String(length=128), nullable=True),
        sa.Column("password_failures", sa.Integer(), nullable=False),
        sa.Column("code_failures", sa.Integer(), nullable=False),
        sa.Column("codes_sent", sa.Integer(), nullable=False),
        sa.Column("challenge", sa.LargeBinary(), nullable=True),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("brand", "id"),
        sa.UniqueConstraint("brand", "secret_hash", name="journeys_by_secret"),
    )
    op.create_index("journeys_by_expiry", "journeys", ["expires_at"], unique=False)
    op.create_index("journeys_by_login", "journeys", ["brand", "login_hash"], unique=False)
