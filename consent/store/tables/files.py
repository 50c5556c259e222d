"""Files of payments as they were uploaded: the file itself in blocks, and the payments that were found in it, some to a row."""

import sqlalchemy as sa

from consent.store.tables import metadata
from consent.store.tables.consents import BRAND, ID
from kernel.storage.database import Instant

file_blocks = sa.Table(
    "file_blocks",
    metadata,
    sa.Column("brand", sa.String(BRAND), primary_key=True),
    sa.Column("consent_id", sa.String(ID), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # from 0
    sa.Column("block", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("expires_at", Instant, nullable=False),
    sa.Index("file_blocks_by_expiry", "brand", "expires_at"),
)

# In the order in which they are made. A page holds as many as consent/store/rows/files.py says; the last one, what is left.
file_pages = sa.Table(
    "file_pages",
    metadata,
    sa.Column("brand", sa.String(BRAND), primary_key=True),
    sa.Column("consent_id", sa.String(ID), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # from 0
    sa.Column("payments", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("expires_at", Instant, nullable=False),
    sa.Index("file_pages_by_expiry", "brand", "expires_at"),
)
