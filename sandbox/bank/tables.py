"""Which part of the synthetic bank has been made, so that a killed start is completed and never doubled; and who can log in to it."""

import sqlalchemy as sa

from kernel.storage.database import Instant

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

people = sa.Table(
    "bank_people",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("psu_id", sa.String(64), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),  # the order in which a developer reads of them
    sa.Column("document", sa.LargeBinary, nullable=False),  # sealed: how they log in
)
