"""Remove events that every sink has, or that no sink will get: one singleton per brand, in bounded batches, under a lease."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
import structlog

from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.locks import Lock
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.outbox.outcomes import settle
from kernel.outbox.tables import Outbox, lock_lanes
from kernel.storage.lease import Lease, LeaseLost

TRIM_EVERY_SECONDS = 30.0  # between two runs of the outbox's janitor
TRIM_ROWS = 500  # of one transaction of the outbox's janitor
TRIM_BATCHES_MAX = 100  # of one run, per outbox and rule
DELIVERED_KEPT = timedelta(days=1)  # of an event that every sink has, so that a person can look it up
UNSENT_KEPT = timedelta(days=7)  # of an event where no sink is configured: the first one that is gets it

log = structlog.get_logger(__name__)


class Removal(Protocol):
    """A command that removes at most TRIM_ROWS, and returns how many it found."""

    name: str
    locks: tuple[Lock, ...]

    async def handle(self, unit: UnitOfWork) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetSinks:
    """Remove lanes of sinks that the configuration no longer has: what they have not got, they do not get."""

    name = "forget_sinks"
    locks = ()
    outbox: Outbox
    brand: str
    sinks: tuple[str, ...]
    now: datetime

    async def handle(self, unit: UnitOfWork) -> int:
        lanes = self.outbox.lanes
        gone = (lanes.c.brand == self.brand, lanes.c.sink.not_in(self.sinks))
        found = list(await unit.connection.scalars(sa.select(lanes.c.aggregate_id).where(*gone).limit(TRIM_ROWS)))
        if found:
            await lock_lanes(unit.connection, self.outbox, self.brand, found)
            await unit.connection.execute(lanes.delete().where(*gone, lanes.c.aggregate_id.in_(found)))
            await settle(unit.connection, self.outbox, self.brand, found, self.now)
        return len(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrimEvents:
    """Delete events of which `useless` is true."""

    name = "trim_events"
    locks = ()
    outbox: Outbox
    brand: str
    useless: tuple[sa.ColumnElement[bool], ...]

    async def handle(self, unit: UnitOfWork) -> int:
        events = self.outbox.events
        mine = (events.c.brand == self.brand, *self.useless)
        found = sa.select(events.c.id).where(*mine).limit(TRIM_ROWS).with_for_update(skip_locked=True)
        ids = list(await unit.connection.scalars(found))
        if ids:
            await unit.connection.execute(events.delete().where(*mine, events.c.id.in_(ids)))
        return len(ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Janitor:
    """`run` is the work of a singleton (kernel/storage/lease.py). `sinks` are the names of those that are configured."""

    outboxes: tuple[Outbox, ...]
    commands: Commands
    clock: Clock
    brand: Brand
    sinks: tuple[str, ...]

    async def run(self, lease: Lease) -> None:
        """Every rule, even if others fail. Raises LeaseLost."""
        for outbox in self.outboxes:
            for rule in (self._forget, self._trim_delivered, *(() if self.sinks else (self._trim_unsent,))):
                try:
                    await self._repeat(lambda: rule(outbox), lease)  # noqa: B023  called at once
                except LeaseLost:
                    raise
                except Exception:  # the next run may succeed
                    log.exception("events_not_trimmed", outbox=outbox.events.name, brand=self.brand.name)

    async def _repeat(self, make: Callable[[], Removal], lease: Lease) -> None:
        for _ in range(TRIM_BATCHES_MAX):
            if await self.commands.run(make(), guard=lease.check_fence) < TRIM_ROWS:
                return

    def _forget(self, outbox: Outbox) -> ForgetSinks:
        return ForgetSinks(outbox=outbox, brand=self.brand.name, sinks=self.sinks, now=self.clock.wall())

    def _trim_delivered(self, outbox: Outbox) -> TrimEvents:
        useless = (outbox.events.c.delivered_at <= self.clock.wall() - DELIVERED_KEPT,)
        return TrimEvents(outbox=outbox, brand=self.brand.name, useless=useless)

    def _trim_unsent(self, outbox: Outbox) -> TrimEvents:
        """Never where there is a sink: there each is planned and delivered, however late. A moved business clock ends none early."""
        events = outbox.events.c
        useless = (events.planned_at.is_(None), events.at <= self.clock.wall() - UNSENT_KEPT)
        return TrimEvents(outbox=outbox, brand=self.brand.name, useless=useless)
