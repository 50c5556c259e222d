"""Tables of recalls: each as it is now, and the append-only history of its events."""

import sqlalchemy as sa

from kernel.storage.database import Instant
from orders.tables import BRAND, ID, WORD, metadata

recalls = sa.Table(
    "recalls",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("id", WORD, primary_key=True),
    sa.Column("direction", WORD, nullable=False),
    sa.Column("rail", WORD, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("uetr", WORD, nullable=False),
    sa.Column("state", WORD, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("since", Instant, nullable=False),  # protocol time, in its state
    sa.Column("entry", ID, nullable=True),  # of one that we received: by which its payee was paid
    sa.Column("document", sa.LargeBinary, nullable=False),  # sealed
    sa.Index("recalls_by_state", "brand", "state", "since"),
    sa.Index("recalls_by_payment", "brand", "uetr"),
    sa.Index("recalls_by_entry", "brand", "entry"),
)

recall_events = sa.Table(
    "recall_events",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("recall_id", WORD, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),  # of the recall: 1, 2 ...
    sa.Column("event", WORD, nullable=False),
    sa.Column("by", sa.String(160), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False),  # sealed: the recall as it was then
)
