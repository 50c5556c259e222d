"""Plan what each sink must get: one singleton per brand, in bounded batches, under a lease.

Events are found by their state and never by an id beyond the last one seen: a transaction that commits late is not missed. All
unplanned events of an aggregate are planned together, so that a lane begins with the lowest of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.outbox.registered import load_sinks
from kernel.outbox.tables import Outbox, lock_lanes
from kernel.storage.lease import Lease

PLAN_EVERY_SECONDS = 1.0  # between two looks for new events
PLAN_ROWS = 200  # events by which one transaction of the planner finds aggregates
PLAN_BATCHES_MAX = 100  # of one run of the planner, per outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEvents:
    """Make the lanes of the oldest unplanned events, those of a bounded number of aggregates."""

    name = "plan_events"
    locks = ()
    outbox: Outbox
    brand: str
    now: datetime

    async def handle(self, unit: UnitOfWork) -> int:
        events = self.outbox.events.c
        oldest = sa.select(events.aggregate_id).where(*unplanned(self.outbox, self.brand)).order_by(events.at).limit(PLAN_ROWS)
        found = set(await unit.connection.scalars(oldest))
        if not found:
            return 0
        planned = await unit.connection.execute(
            self.outbox.events.update()
            .where(*unplanned(self.outbox, self.brand), events.aggregate_id.in_(found))
            .values(planned_at=self.now)
            .returning(events.aggregate_id, events.aggregate_version)
        )
        lowest: dict[str, int] = {}
        for aggregate_id, version in planned:
            lowest[aggregate_id] = min(version, lowest.get(aggregate_id, version))
        await self._make_lanes(unit, lowest)
        return len(found)

    async def _make_lanes(self, unit: UnitOfWork, lowest: Mapping[str, int]) -> None:
        """A lane that is there already leads to these events; one already past them is rewound."""
        lanes, sinks = self.outbox.lanes, await load_sinks(unit.connection, self.outbox, self.brand, held=True)
        held = {(row.aggregate_id, row.sink): row for row in await lock_lanes(unit.connection, self.outbox, self.brand, lowest)}
        fresh = {"brand": self.brand, "attempts": 0, "due_at": self.now, "parked_at": None, "last_error": ""}
        missing = [
            fresh | {"aggregate_id": aggregate_id, "sink": sink, "next_version": version}
            for aggregate_id, version in lowest.items()
            for sink in sinks
            if (aggregate_id, sink) not in held
        ]
        if missing:
            await unit.connection.execute(lanes.insert(), missing)
        for (aggregate_id, sink), row in held.items():
            if lowest[aggregate_id] < row.next_version:
                mine = (lanes.c.brand == self.brand, lanes.c.aggregate_id == aggregate_id, lanes.c.sink == sink)
                await unit.connection.execute(lanes.update().where(*mine).values(next_version=lowest[aggregate_id]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """`run` is the work of a singleton (kernel/storage/lease.py). Where no sink is registered, nothing is planned."""

    outboxes: tuple[Outbox, ...]
    commands: Commands
    clock: Clock
    brand: Brand

    async def run(self, lease: Lease) -> None:
        """Raises LeaseLost."""
        for outbox in self.outboxes:
            for _ in range(PLAN_BATCHES_MAX):
                if not await self._is_due(outbox):
                    break
                command = PlanEvents(outbox=outbox, brand=self.brand.name, now=self.clock.wall())
                await self.commands.run(command, guard=lease.check_fence)

    async def _is_due(self, outbox: Outbox) -> bool:
        """Nearly always there is nothing to do, and nothing is written."""
        look = sa.select(outbox.events.c.id).where(*unplanned(outbox, self.brand.name)).limit(1)
        async with self.commands.database.read() as connection:
            if (await connection.execute(look)).first() is None:
                return False
            return bool(await load_sinks(connection, outbox, self.brand.name))


def unplanned(outbox: Outbox, brand: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (outbox.events.c.brand == brand, outbox.events.c.planned_at.is_(None))
