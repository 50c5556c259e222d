"""The distance of each sink: the age of the oldest event that it has not got, in each state of such an event, and how many aggregates are
parked."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from kernel.brand import Brand
from kernel.clock import Clock
from kernel.outbox.planner import unplanned
from kernel.outbox.tables import Outbox
from kernel.storage.database import Database

COUNT_EVERY = timedelta(seconds=10)  # between two counts of what waits for a sink
COUNT_KEPT = timedelta(seconds=60)  # of a count: after that this server does not say, because another one delivers


class Waiting(StrEnum):
    """The states of an event that a sink has not got. Delivered, the terminal one, is none."""

    UNPLANNED = "unplanned"  # it has no lane yet
    DUE = "due"  # it is sent, or tried again after a pause
    PARKED = "parked"  # a person must let it go on


@dataclass(slots=True, kw_only=True)
class Backlog:
    """Of one sink: counted now and then by the server that delivers, and read whenever the metrics are."""

    outboxes: tuple[Outbox, ...]
    database: Database
    clock: Clock
    brand: Brand
    sink: str
    _oldest: dict[Waiting, datetime] = field(default_factory=dict, init=False)
    _parked: int = field(default=0, init=False)
    _counted_at: datetime | None = field(default=None, init=False)

    async def refresh(self) -> None:
        """Count again, if the last count is old."""
        now = self.clock.wall()
        if self._counted_at is not None and now - self._counted_at < COUNT_EVERY:
            return
        oldest: dict[Waiting, datetime] = {}
        parked = 0
        for outbox in self.outboxes:
            async with self.database.read() as connection:
                for state, query in self._oldest_of(outbox).items():
                    if (at := await connection.scalar(query)) is not None:
                        oldest[state] = min(at, oldest.get(state, at))
                parked += await connection.scalar(self._parked_lanes(outbox)) or 0
        self._oldest, self._parked, self._counted_at = oldest, parked, now

    def _oldest_of(self, outbox: Outbox) -> dict[Waiting, sa.Select[Any]]:
        """A query for each state: since when its oldest event has waited."""
        events, lanes = outbox.events, outbox.lanes
        head = sa.and_(
            events.c.brand == lanes.c.brand,
            events.c.aggregate_id == lanes.c.aggregate_id,
            events.c.aggregate_version == lanes.c.next_version,
        )
        waits = sa.select(sa.func.min(events.c.planned_at)).select_from(lanes.join(events, head)).where(*self._mine(outbox))
        return {
            Waiting.UNPLANNED: sa.select(sa.func.min(events.c.at)).where(*unplanned(outbox, self.brand.name)),
            Waiting.DUE: waits.where(lanes.c.parked_at.is_(None)),
            Waiting.PARKED: waits.where(lanes.c.parked_at.is_not(None)),
        }

    def _parked_lanes(self, outbox: Outbox) -> sa.Select[Any]:
        return sa.select(sa.func.count()).where(*self._mine(outbox), outbox.lanes.c.parked_at.is_not(None))

    def _mine(self, outbox: Outbox) -> tuple[sa.ColumnElement[bool], ...]:
        lanes = outbox.lanes.c
        return (lanes.brand == self.brand.name, lanes.sink == self.sink)

    def age_seconds(self) -> float:
        """Of the oldest event that the sink has not got, parked ones included; 0 without one."""
        if not self._is_known:
            return math.nan
        return max((self.state_age_seconds(state) for state in self._oldest), default=0.0)

    def state_age_seconds(self, state: Waiting) -> float:
        """Of the oldest event in a state; 0 without one."""
        if not self._is_known:
            return math.nan
        since = self._oldest.get(state)
        return 0.0 if since is None else max(0.0, (self.clock.wall() - since).total_seconds())

    def parked(self) -> float:
        """The number of aggregates that wait for a person."""
        return self._parked if self._is_known else math.nan

    @property
    def _is_known(self) -> bool:
        return self._counted_at is not None and self.clock.wall() - self._counted_at < COUNT_KEPT
