"""The deliveries of one aggregate: which of its events were delivered, and what each sink still has to get."""

from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.outbox.tables import Outbox


class SentEvent(msgspec.Struct, frozen=True, kw_only=True):
    """`planned_at` and `delivered_at` are protocol time; delivered means that every sink has it."""

    version: int
    kind: str
    at: datetime
    planned_at: datetime | None
    delivered_at: datetime | None


class WaitingLane(msgspec.Struct, frozen=True, kw_only=True):
    """One sink that has not got the events from `next_version` on. Without `due_at` it waits for a person."""

    sink: str
    next_version: int
    attempts: int
    due_at: datetime | None
    parked_at: datetime | None
    last_error: str


class Deliveries(msgspec.Struct, frozen=True, kw_only=True):
    """Events that were delivered are removed after a while, and are then not listed."""

    events: tuple[SentEvent, ...]
    waiting: tuple[WaitingLane, ...]


async def load_deliveries(connection: AsyncConnection, outbox: Outbox, brand: str, aggregate_id: str) -> Deliveries:
    events, lanes = outbox.events.c, outbox.lanes.c
    columns = (events.aggregate_version.label("version"), events.kind, events.at, events.planned_at, events.delivered_at)
    sent = sa.select(*columns).where(events.brand == brand, events.aggregate_id == aggregate_id)
    left = sa.select(lanes.sink, lanes.next_version, lanes.attempts, lanes.due_at, lanes.parked_at, lanes.last_error)
    left = left.where(lanes.brand == brand, lanes.aggregate_id == aggregate_id)
    sent_rows = (await connection.execute(sent.order_by(events.aggregate_version))).mappings()
    left_rows = (await connection.execute(left.order_by(lanes.sink))).mappings()
    return Deliveries(events=tuple(SentEvent(**row) for row in sent_rows), waiting=tuple(WaitingLane(**row) for row in left_rows))
