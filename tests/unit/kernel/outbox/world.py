"""An outbox of its own, what writes to it, and sinks that fail as a test says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from kernel.clock import ManualClock
from kernel.commands.runner import Commands
from kernel.ids import RandomIds
from kernel.outbox.dispatcher import Dispatcher
from kernel.outbox.janitor import Janitor
from kernel.outbox.planner import Planner
from kernel.outbox.ports import Envelope
from kernel.outbox.registered import ForgetSink, register_sinks
from kernel.outbox.tables import Outbox, lanes_table, sinks_table
from kernel.storage.database import Database
from kernel.storage.journal import Event, Journal, journal_table, outbox_table
from kernel.storage.lease import LEASE_SECONDS, Lease, lease_table
from tests.harness.paper_bank import BRAND

METADATA = sa.MetaData()
JOURNAL, EVENTS, LEASE = journal_table(METADATA), outbox_table(METADATA), lease_table(METADATA)
OUTBOX = Outbox(EVENTS, lanes_table(METADATA), sinks_table(METADATA))
START = datetime(2026, 7, 1, 9, tzinfo=UTC)


@dataclass
class ScriptedSink:
    """`fault` says what becomes of an event; what it raises comes before the event is taken, or after it where `takes_first`."""

    name: str
    at_once: int = 4
    fault: Callable[[Envelope], Exception | None] = lambda _: None
    takes_first: bool = False
    taken: list[Envelope] = field(default_factory=list)
    asked: int = 0

    async def deliver(self, envelope: Envelope) -> None:
        self.asked += 1
        failure = self.fault(envelope)
        if failure is None or self.takes_first:
            self.taken.append(envelope)
        if failure is not None:
            raise failure

    def versions(self, aggregate_id: str) -> list[int]:
        """In the order in which they came, repeats included."""
        return [each.aggregate_version for each in self.taken if each.aggregate_id == aggregate_id]


class World:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = ManualClock(START)
        self.journal = Journal(JOURNAL, EVENTS)
        self.commands = Commands(database=database, clock=self.clock, journal=self.journal)
        self.leases: dict[str, Lease] = {}

    async def write(self, aggregate_id: str, *versions: int, brand: str = BRAND.name) -> None:
        async def work(connection):
            for version in versions:
                event = Event(
                    brand=brand,
                    id=f"{aggregate_id}.{version}",
                    kind="thing.changed",
                    aggregate_id=aggregate_id,
                    aggregate_version=version,
                    at=self.clock.now(),
                    body={"version": version},
                )
                await self.journal.publish(connection, event)

        await self.database.write(work)

    async def lease(self, name: str) -> Lease:
        """Held by this process."""
        if name not in self.leases:
            self.leases[name] = Lease(self.database, LEASE, self.clock, RandomIds(), brand=BRAND.name, name=name)
        assert await self.leases[name].acquire()
        return self.leases[name]

    async def succeed(self, name: str) -> Lease:
        """Held by another process, because the holder before was silent for too long."""
        del self.leases[name]
        self.clock.advance(timedelta(seconds=LEASE_SECONDS))
        return await self.lease(name)

    async def plan(self, *sinks: str) -> None:
        """By a server whose configuration has these sinks."""
        await register_sinks(self.commands, (OUTBOX,), BRAND, sinks)
        planner = Planner(outboxes=(OUTBOX,), commands=self.commands, clock=self.clock, brand=BRAND)
        await planner.run(await self.lease("events"))

    async def trim(self) -> None:
        janitor = Janitor(outboxes=(OUTBOX,), commands=self.commands, clock=self.clock, brand=BRAND)
        await janitor.run(await self.lease("events-janitor"))

    async def forget(self, sink: str) -> int:
        """The number of lanes that were dropped."""
        return await self.commands.run(ForgetSink(outbox=OUTBOX, brand=BRAND.name, sink=sink, now=self.clock.wall()))

    def dispatcher(self, sink: ScriptedSink) -> Dispatcher:
        return Dispatcher(outboxes=(OUTBOX,), commands=self.commands, clock=self.clock, brand=BRAND, sink=sink)

    async def dispatch(self, sink: ScriptedSink) -> None:
        await self.dispatcher(sink).run(await self.lease(f"events-{sink.name}"))

    async def rows(self, table: sa.Table) -> list[sa.Row]:
        async with self.database.read() as connection:
            return list(await connection.execute(sa.select(table).order_by(*table.primary_key)))

    async def undelivered(self) -> list[str]:
        return [row.id for row in await self.rows(EVENTS) if row.delivered_at is None]
