"""The built-in identity's tables: who may log in, and the one-time codes under way. Every name starts with `psu_`."""

import sqlalchemy as sa

from kernel.storage.database import Instant

metadata = sa.MetaData()

identities = sa.Table(
    "psu_identities",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("username_blind", sa.String(64), nullable=False),
    sa.Column("password_hash", sa.String(256), nullable=False),  # argon2id, with its parameters
    sa.Column("customer_id", sa.String(64), nullable=False),
    sa.Column("display_name", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("sca_methods", sa.String(64), nullable=False),  # preferred first, separated by spaces
    sa.Index("psu_identities_by_username", "brand", "username_blind", unique=True),
    sa.Index("psu_identities_by_customer", "brand", "customer_id"),
)

codes = sa.Table(
    "psu_codes",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("reference", sa.String(64), primary_key=True),
    sa.Column("psu_id", sa.String(64), nullable=False),
    sa.Column("journey_id", sa.String(128), key="authorisation_id", nullable=False),  # as the column was named first
    sa.Column("code_blind", sa.String(64), nullable=False),  # keyed digest: six digits alone could be tried out
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("taken_at", Instant, nullable=True),
    sa.Index("psu_codes_by_psu", "brand", "psu_id"),
)
