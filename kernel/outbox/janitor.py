"""Remove events that every sink has received, or that wait too long for a first sink: one singleton per brand, in bounded batches, under a
lease."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
import structlog

from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.outbox.registered import load_sinks
from kernel.outbox.tables import Outbox
from kernel.storage.lease import Lease, LeaseLost

TRIM_EVERY_SECONDS = 30.0  # between two runs of the outbox's janitor
TRIM_ROWS = 500  # of one transaction of the outbox's janitor
TRIM_BATCHES_MAX = 100  # of one run, per outbox and rule
DELIVERED_KEPT = timedelta(days=1)  # of an event that every sink has, so that a person can look it up
UNSENT_KEPT = timedelta(days=7)  # of an event where no sink is configured: the first one that is gets it

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrimEvents:
    """Delete at most TRIM_ROWS events of which `useless` is true, and return how many it found."""

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
    """`run` is the work of a singleton (kernel/storage/lease.py)."""

    outboxes: tuple[Outbox, ...]
    commands: Commands
    clock: Clock
    brand: Brand

    async def run(self, lease: Lease) -> None:
        """Every rule, even if others fail. Raises LeaseLost."""
        for outbox in self.outboxes:
            for rule in (self._trim_delivered, self._trim_unsent):
                try:
                    await rule(outbox, lease)
                except LeaseLost:
                    raise
                except Exception:  # the next run may succeed
                    log.exception("events_not_trimmed", outbox=outbox.events.name, brand=self.brand.name)

    async def _trim_delivered(self, outbox: Outbox, lease: Lease) -> None:
        await self._trim(outbox, lease, outbox.events.c.delivered_at <= self.clock.wall() - DELIVERED_KEPT)

    async def _trim_unsent(self, outbox: Outbox, lease: Lease) -> None:
        """Never where there is a sink: there each is planned and delivered, however late. A moved business clock ends none early."""
        async with self.commands.database.read() as connection:
            if await load_sinks(connection, outbox, self.brand.name):
                return
        events = outbox.events.c
        await self._trim(outbox, lease, events.planned_at.is_(None), events.at <= self.clock.wall() - UNSENT_KEPT)

    async def _trim(self, outbox: Outbox, lease: Lease, *useless: sa.ColumnElement[bool]) -> None:
        command = TrimEvents(outbox=outbox, brand=self.brand.name, useless=useless)
        for _ in range(TRIM_BATCHES_MAX):
            if await self.commands.run(command, guard=lease.check_fence) < TRIM_ROWS:
                return
