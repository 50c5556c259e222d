"""An outbox and its lanes. A lane is what one sink still has to get of one aggregate: it is there while there is something.

`next_version` is the lowest version that the sink has not taken; what comes before it, it has. A lane without `due_at` is parked. An
event is planned once its lanes are there, and delivered once none of them has it before it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.storage.database import Instant

ERROR_CHARACTERS_MAX = 200  # of the reason of a lane's last failure


@dataclass(frozen=True, slots=True)
class Outbox:
    """The tables of one context, in the database of its state."""

    events: sa.Table
    lanes: sa.Table
    sinks: sa.Table


def lanes_table(metadata: sa.MetaData, prefix: str = "") -> sa.Table:
    """`prefix` is that of the outbox (kernel/storage/journal.py)."""
    return sa.Table(
        f"{prefix}outbox_lanes",
        metadata,
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("aggregate_id", sa.String(128), primary_key=True),
        sa.Column("sink", sa.String(32), primary_key=True),
        sa.Column("next_version", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),  # that failed since the last success
        sa.Column("due_at", Instant, nullable=True),
        sa.Column("parked_at", Instant, nullable=True),
        sa.Column("last_error", sa.String(ERROR_CHARACTERS_MAX), nullable=False),
        sa.Index(f"{prefix}outbox_lanes_due", "brand", "sink", "due_at"),
    )


def sinks_table(metadata: sa.MetaData, prefix: str = "") -> sa.Table:
    """Those that get the events of this outbox (kernel/outbox/registered.py). `prefix` as of the lanes."""
    return sa.Table(
        f"{prefix}outbox_sinks",
        metadata,
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("sink", sa.String(32), primary_key=True),
        sa.Column("registered_at", Instant, nullable=False),
    )


async def lock_lanes(
    connection: AsyncConnection, outbox: Outbox, brand: str, aggregate_ids: Collection[str]
) -> list[sa.Row[Any]]:
    """Lock the lanes of these aggregates in every sink, in one order, until the transaction ends: two sinks that end with one event at
    the same moment take turns, and so do who plans an event and who ends the lane that would have it."""
    lanes = outbox.lanes
    mine = sa.select(lanes).where(lanes.c.brand == brand, lanes.c.aggregate_id.in_(aggregate_ids))
    return list(await connection.execute(mine.order_by(lanes.c.aggregate_id, lanes.c.sink).with_for_update()))
