"""The lanes that are parked: an event failed too often, and its aggregate waits in that sink until a person lets it go on."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.commands.unit_of_work import UnitOfWork
from kernel.outbox.tables import Outbox
from kernel.storage.journal import Entry

LISTED_MAX = 100  # parked aggregates in one answer, those that wait longest first


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """One aggregate that waits in one sink. `event_id` is the event's that failed, `kind` what it says; `waiting` counts the events behind it,
    itself included."""

    sink: str
    aggregate_id: str
    event_id: str
    kind: str
    attempts: int
    parked_at: datetime
    reason: str
    waiting: int


async def load_parked(connection: AsyncConnection, outbox: Outbox, brand: str, sink: str = "") -> list[Parked]:
    """Of one sink, or of all. A bounded number."""
    events, lanes = outbox.events, outbox.lanes
    behind = (
        sa.select(sa.func.count())
        .where(
            events.c.brand == lanes.c.brand,
            events.c.aggregate_id == lanes.c.aggregate_id,
            events.c.aggregate_version >= lanes.c.next_version,
        )
        .correlate(lanes)
        .scalar_subquery()
    )
    head = sa.and_(
        events.c.brand == lanes.c.brand,
        events.c.aggregate_id == lanes.c.aggregate_id,
        events.c.aggregate_version == lanes.c.next_version,
    )
    query = sa.select(lanes, events.c.id, events.c.kind, behind.label("waiting")).select_from(lanes.join(events, head))
    rows = await connection.execute(
        query.where(*_parked(outbox, brand, sink)).order_by(lanes.c.parked_at, lanes.c.aggregate_id).limit(LISTED_MAX)
    )
    return [
        Parked(
            sink=row.sink,
            aggregate_id=row.aggregate_id,
            event_id=row.id,
            kind=row.kind,
            attempts=row.attempts,
            parked_at=row.parked_at,
            reason=row.last_error,
            waiting=row.waiting,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseParked:
    """Let parked aggregates of a sink go on: one, or all of them; their number. `now` is protocol time."""

    name = "release_parked"
    locks = ()
    outbox: Outbox
    brand: str
    sink: str
    aggregate_id: str
    now: datetime

    async def handle(self, unit: UnitOfWork) -> int:
        lanes = self.outbox.lanes
        chosen = _parked(self.outbox, self.brand, self.sink)
        if self.aggregate_id:
            chosen = (*chosen, lanes.c.aggregate_id == self.aggregate_id)
        fresh = {"attempts": 0, "due_at": self.now, "parked_at": None}
        released = (await unit.connection.execute(lanes.update().where(*chosen).values(**fresh))).rowcount
        if released:
            facts: dict[str, str | int | list[str] | None] = {"aggregate_id": self.aggregate_id or None, "released": released}
            unit.record(
                Entry(
                    brand=self.brand,
                    kind="sink.released",
                    aggregate_id=self.sink,
                    at=self.now,
                    actor="operator",
                    facts=facts,
                )
            )
        return released


def _parked(outbox: Outbox, brand: str, sink: str) -> tuple[sa.ColumnElement[bool], ...]:
    lanes = outbox.lanes.c
    mine = (lanes.brand == brand, lanes.parked_at.is_not(None))
    return (*mine, lanes.sink == sink) if sink else mine
