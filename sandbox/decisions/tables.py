"""The table of decisions that wait for the request that they answer."""

import sqlalchemy as sa

from kernel.storage.database import Instant

METADATA = sa.MetaData()
STORED_DECISIONS = sa.Table(
    "stored_decisions",
    METADATA,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(128), primary_key=True),
    sa.Column("consent_id", sa.String(128), nullable=True),
    sa.Column("client_id", sa.String(128), nullable=True),
    sa.Column("format", sa.SmallInteger, nullable=False),
    sa.Column("decision", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("taken_at", Instant, nullable=True),
    sa.Index("stored_decisions_by_consent", "brand", "consent_id"),
    sa.Index("stored_decisions_by_client", "brand", "client_id"),
    sa.Index("stored_decisions_by_expiry", "brand", "expires_at"),
)
