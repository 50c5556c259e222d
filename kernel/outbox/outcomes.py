"""The outcome of one round of one lane, and its record: the lane moves on, ends, waits or is parked; an event that all sinks have is delivered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.commands.unit_of_work import UnitOfWork
from kernel.outbox.pace import is_spent, pause_after
from kernel.outbox.tables import ERROR_CHARACTERS_MAX, Outbox, lock_lanes
from kernel.storage.journal import Event

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`through` is the highest version that was delivered, None if none was. `error` is "" unless the event after it failed."""

    aggregate_id: str
    through: int | None = None
    failed_id: str = ""
    error: str = ""
    is_refused: bool = False
    is_closed: bool = False

    @property
    def has_moved(self) -> bool:
        return self.through is not None or bool(self.failed_id)

    def delivered(self, event: Event) -> "Outcome":
        return replace(self, through=event.aggregate_version)

    def failed(self, event: Event, error: str, *, refused: bool) -> "Outcome":
        return replace(self, failed_id=event.id, error=error[:ERROR_CHARACTERS_MAX], is_refused=refused)

    def closed(self) -> "Outcome":
        """The circuit is open: what was delivered is recorded, and nothing counts as an attempt."""
        return replace(self, is_closed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOutcomes:
    """Record what one round delivered to one sink."""

    name = "record_outcomes"
    locks = ()
    outbox: Outbox
    brand: str
    sink: str
    outcomes: Sequence[Outcome]
    now: datetime

    async def handle(self, unit: UnitOfWork) -> None:
        ids = [outcome.aggregate_id for outcome in self.outcomes]
        held = {
            row.aggregate_id: row
            for row in await lock_lanes(unit.connection, self.outbox, self.brand, ids)
            if row.sink == self.sink
        }
        for outcome in self.outcomes:
            lane = held.get(outcome.aggregate_id)
            if lane is not None and lane.due_at is not None:  # otherwise the sink was forgotten meanwhile
                await self._record(unit.connection, lane, outcome)
        await settle(unit.connection, self.outbox, self.brand, ids, self.now)

    async def _record(self, connection: AsyncConnection, lane: sa.Row[Any], outcome: Outcome) -> None:
        lanes, events = self.outbox.lanes, self.outbox.events
        mine = (lanes.c.brand == self.brand, lanes.c.aggregate_id == lane.aggregate_id, lanes.c.sink == self.sink)
        next_version = lane.next_version
        if outcome.through is not None:
            following = sa.select(sa.func.min(events.c.aggregate_version)).where(
                events.c.brand == self.brand,
                events.c.aggregate_id == lane.aggregate_id,
                events.c.aggregate_version > outcome.through,
                events.c.planned_at.is_not(None),
            )
            next_version = await connection.scalar(following)
        if next_version is None:
            await connection.execute(lanes.delete().where(*mine))
            return
        values = {"next_version": next_version, "attempts": 0, "due_at": self.now, "last_error": ""}
        if outcome.failed_id:
            values |= self._failure(lane, outcome)
        await connection.execute(lanes.update().where(*mine).values(**values))

    def _failure(self, lane: sa.Row[Any], outcome: Outcome) -> dict[str, Any]:
        attempts = 1 if outcome.through is not None else lane.attempts + 1
        facts = {"sink": self.sink, "event_id": outcome.failed_id, "attempts": attempts, "reason": outcome.error}
        failure = {"attempts": attempts, "last_error": outcome.error}
        if is_spent(attempts, refused=outcome.is_refused):
            log.error("event_parked", **facts)
            return failure | {"due_at": None, "parked_at": self.now}
        log.warning("event_not_delivered", **facts)
        return failure | {"due_at": self.now + pause_after(attempts)}


async def settle(connection: AsyncConnection, outbox: Outbox, brand: str, aggregate_ids: Collection[str], now: datetime) -> None:
    """Mark the events of these aggregates that no lane has before it. Their lanes are locked."""
    events, lanes = outbox.events, outbox.lanes
    waiting = sa.exists().where(
        lanes.c.brand == events.c.brand,
        lanes.c.aggregate_id == events.c.aggregate_id,
        lanes.c.next_version <= events.c.aggregate_version,
    )
    await connection.execute(
        events.update()
        .where(
            events.c.brand == brand,
            events.c.aggregate_id.in_(aggregate_ids),
            events.c.planned_at.is_not(None),
            events.c.delivered_at.is_(None),
            ~waiting,
        )
        .values(delivered_at=now)
    )
