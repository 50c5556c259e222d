"""Add the tables of the PSU's access dashboard: the accounts of each consent, its last use, and visits without a request.

Live consents from before are indexed from the journal, whose newest entry of each names the accounts it was given.
"""

import json

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROWS_PER_INSERT = 500
LIVE = ("partially_authorised", "authorised", "suspended")


def upgrade() -> None:
    consent_accounts = op.create_table(
        "consent_accounts",
        sa.Column("brand", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=128), nullable=False),
        sa.Column("consent_id", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("brand", "account_id", "consent_id"),
    )
    op.create_index("consent_accounts_by_consent", "consent_accounts", ["brand", "consent_id"], unique=False)
    op.create_table(
        "consent_last_used",
        sa.Column("brand", sa.String(length=64), nullable=False),
        sa.Column("consent_id", sa.String(length=128), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("unattended_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("brand", "consent_id"),
    )
    with op.batch_alter_table("journeys") as journeys:
        journeys.add_column(sa.Column("purpose", sa.String(length=64), nullable=False, server_default="consent"))
        for name in ("pushed_id", "client_id", "consent_id"):
            journeys.alter_column(name, existing_type=sa.String(length=128), nullable=True)
    _index_live_consents(op.get_bind(), consent_accounts)


def _index_live_consents(connection: sa.Connection, consent_accounts: sa.Table) -> None:
    consents = sa.table("consents", sa.column("brand"), sa.column("id"), sa.column("state"))
    journal = sa.table(
        "journal", sa.column("id"), sa.column("brand"), sa.column("aggregate_id"), sa.column("kind"), sa.column("facts")
    )
    entry = journal.alias()
    newest = (
        sa.select(sa.func.max(entry.c.id))
        .where(entry.c.brand == consents.c.brand, entry.c.aggregate_id == consents.c.id, entry.c.kind.like("consent.%"))
        .correlate(consents)
        .scalar_subquery()
    )
    found = (
        sa.select(consents.c.brand, consents.c.id, journal.c.facts)
        .select_from(consents.join(journal, journal.c.id == newest))
        .where(consents.c.state.in_(LIVE))
    )
    rows = [
        {"brand": brand, "account_id": account_id, "consent_id": consent_id}
        for brand, consent_id, facts in connection.execute(found)
        for account_id in json.loads(facts).get("accounts", ())
    ]
    for start in range(0, len(rows), ROWS_PER_INSERT):
        connection.execute(consent_accounts.insert(), rows[start : start + ROWS_PER_INSERT])
