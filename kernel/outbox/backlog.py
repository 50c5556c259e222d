"""The distance of each sink: the age of the oldest event that it has not got, and how many aggregates are parked."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from kernel.brand import Brand
from kernel.clock import Clock
from kernel.outbox.planner import unplanned
from kernel.outbox.tables import Outbox
from kernel.storage.database import Database

COUNT_EVERY = timedelta(seconds=10)  # between two counts of what waits for a sink
COUNT_KEPT = timedelta(seconds=60)  # of a count: after that this server does not say, because another one delivers


@dataclass(slots=True, kw_only=True)
class Backlog:
    """Of one sink: counted now and then by the server that delivers, and read whenever the metrics are."""

    outboxes: tuple[Outbox, ...]
    database: Database
    clock: Clock
    brand: Brand
    sink: str
    _oldest: datetime | None = field(default=None, init=False)
    _parked: int = field(default=0, init=False)
    _counted_at: datetime | None = field(default=None, init=False)

    async def refresh(self) -> None:
        """Count again, if the last count is old."""
        now = self.clock.wall()
        if self._counted_at is not None and now - self._counted_at < COUNT_EVERY:
            return
        oldest: list[datetime] = []
        parked = 0
        for outbox in self.outboxes:
            events, lanes = outbox.events, outbox.lanes
            mine = (lanes.c.brand == self.brand.name, lanes.c.sink == self.sink)
            head = sa.and_(
                events.c.brand == lanes.c.brand,
                events.c.aggregate_id == lanes.c.aggregate_id,
                events.c.aggregate_version == lanes.c.next_version,
            )
            waits = sa.select(sa.func.min(events.c.planned_at)).select_from(lanes.join(events, head)).where(*mine)
            new = sa.select(sa.func.min(events.c.at)).where(*unplanned(outbox, self.brand.name))
            count = sa.select(sa.func.count()).where(*mine, lanes.c.parked_at.is_not(None))
            async with self.database.read() as connection:
                oldest += [at for at in (await connection.scalar(waits), await connection.scalar(new)) if at is not None]
                parked += await connection.scalar(count) or 0
        self._oldest, self._parked, self._counted_at = min(oldest, default=None), parked, now

    def age_seconds(self) -> float:
        """Of the oldest event that the sink has not got, parked ones included; 0 without one."""
        if not self._is_known:
            return math.nan
        return 0.0 if self._oldest is None else max(0.0, (self.clock.wall() - self._oldest).total_seconds())

    def parked(self) -> float:
        """The number of aggregates that wait for a person."""
        return self._parked if self._is_known else math.nan

    @property
    def _is_known(self) -> bool:
        return self._counted_at is not None and self.clock.wall() - self._counted_at < COUNT_KEPT
