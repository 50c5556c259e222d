"""Which part of the synthetic bank has been made, so that a killed start is completed and never doubled."""

import sqlalchemy as sa

from kernel.database import Instant

metadata = sa.MetaData()

anchors = sa.Table(
    "bank_anchors",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("seed", sa.String(64), nullable=False),
    sa.Column("anchor", Instant, nullable=False),  # the midnight (UTC) before which all data lies
)

households = sa.Table(
    "bank_households",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("seeded_at", Instant, nullable=False),
)
