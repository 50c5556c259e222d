"""The tables of settlement: one row for each settlement of a cycle, one for each payment in it, and the payments that came back."""

import sqlalchemy as sa

from kernel.storage.database import Instant
from orders.tables import BRAND, ID, WORD, metadata

# One for each cycle, and one more for what became known of it later. Written before its entry is booked.
settlements = sa.Table(
    "settlements",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("rail", WORD, primary_key=True),
    sa.Column("currency", sa.String(3), primary_key=True),
    sa.Column("cycle", WORD, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # of the cycle: 1, 2 ...
    sa.Column("state", WORD, nullable=False),
    sa.Column("count_out", sa.Integer, nullable=False),
    sa.Column("sum_out_minor", sa.BigInteger, nullable=False),
    sa.Column("count_in", sa.Integer, nullable=False),
    sa.Column("sum_in_minor", sa.BigInteger, nullable=False),
    sa.Column("entry_id", ID, nullable=False),
    sa.Column("calendar", WORD, nullable=False),  # the version of the rail's calendar
    sa.Column("computed_at", Instant, nullable=False),  # protocol time
    sa.Column("booked_at", Instant, nullable=True),
    sa.Index("settlements_by_state", "brand", "state", "computed_at"),
)

# Each payment is settled once.
settlement_items = sa.Table(
    "settlement_items",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("entry_id", ID, primary_key=True),
    sa.Column("rail", WORD, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("cycle", WORD, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Index("settlement_items_by_cycle", "brand", "rail", "currency", "cycle"),
    sa.Index("settlement_items_by_booking", "brand", "rail", "currency", "sequence"),
)

# The movement of each clearing account up to which all are settled: no run reads them again.
settlement_marks = sa.Table(
    "settlement_marks",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("rail", WORD, primary_key=True),
    sa.Column("currency", sa.String(3), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)

# Payments that came back, each once by its sender's id. Written before the entry is booked.
returns = sa.Table(
    "returns",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("rail", WORD, primary_key=True),
    sa.Column("id", ID, primary_key=True),
    sa.Column("state", WORD, nullable=False),
    sa.Column("uetr", WORD, nullable=False),
    sa.Column("order_id", ID, nullable=True),  # null: it matches none
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("reason", WORD, nullable=False),
    sa.Column("cycle", WORD, nullable=True),
    sa.Column("entry_id", ID, nullable=False),
    sa.Column("received_at", Instant, nullable=False),  # protocol time
    sa.Column("booked_at", Instant, nullable=True),
    sa.UniqueConstraint("brand", "entry_id", name="returns_by_entry"),
    sa.Index("returns_by_state", "brand", "state", "received_at"),
    sa.Index("returns_by_order", "brand", "order_id"),
)
