"""Rows of the outbox that no run of the delivery has left."""

from datetime import datetime

import sqlalchemy as sa

from consent.store.tables import OUTBOX
from kernel.storage.database import Database
from tests.harness.damage.rows import run


async def park_event(database: Database, aggregate_id: str, at: datetime) -> None:
    """A consent's only event, given up for the sink `warehouse` after ten attempts."""
    of = {"brand": "main", "aggregate_id": aggregate_id}
    event = OUTBOX.events.insert().values(
        **of, aggregate_version=1, id=f"e-{aggregate_id}", kind="consent.lodged", at=at, body=b"{}", planned_at=at
    )
    lane = OUTBOX.lanes.insert().values(
        **of, sink="warehouse", next_version=1, attempts=10, due_at=None, parked_at=at, last_error="status 422"
    )
    place = {"brand": "main", "sink": "warehouse", "registered_at": at}
    values = sa.select(*(sa.literal(value, OUTBOX.sinks.c[name].type) for name, value in place.items()))
    absent = ~sa.exists().where(OUTBOX.sinks.c.brand == "main", OUTBOX.sinks.c.sink == "warehouse")
    await run(database, event, lane, OUTBOX.sinks.insert().from_select([*place], values.where(absent)))
