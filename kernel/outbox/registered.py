"""The sinks that get a brand's events, as rows: every server plans for all of them, whichever its own configuration names.

Servers of two configurations run at once while a new one is rolled out. So a sink is registered by the first server that has it, and
leaves by a person's command alone: no server takes another's sink for one that is gone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.brand import Brand
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.outbox.outcomes import settle
from kernel.outbox.tables import Outbox, lock_lanes
from kernel.storage.database import insert_into
from kernel.storage.journal import Entry

FORGET_ROWS = 500  # lanes that one transaction of a forgetting removes


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSinks:
    """Register sinks that are not yet. `now` is protocol time."""

    name = "register_sinks"
    locks = ()
    outbox: Outbox
    brand: str
    sinks: Collection[str]
    now: datetime

    async def handle(self, unit: UnitOfWork) -> None:
        rows = [{"brand": self.brand, "sink": sink, "registered_at": self.now} for sink in sorted(self.sinks)]
        if rows:
            await unit.connection.execute(insert_into(unit.connection, self.outbox.sinks).values(rows).on_conflict_do_nothing())


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetSink:
    """Remove a sink and at most FORGET_ROWS of its lanes; returns how many: events that it has not received are dropped. A server whose
    configuration has the sink registers it when it starts."""

    name = "forget_sink"
    locks = ()
    outbox: Outbox
    brand: str
    sink: str
    now: datetime

    async def handle(self, unit: UnitOfWork) -> int:
        connection, lanes = unit.connection, self.outbox.lanes
        removed = await connection.execute(self.outbox.sinks.delete().where(*_named(self.outbox, self.brand, self.sink)))
        mine = (lanes.c.brand == self.brand, lanes.c.sink == self.sink)
        found = list(await connection.scalars(sa.select(lanes.c.aggregate_id).where(*mine).limit(FORGET_ROWS)))
        if found:
            await lock_lanes(connection, self.outbox, self.brand, found)
            await connection.execute(lanes.delete().where(*mine, lanes.c.aggregate_id.in_(found)))
            await settle(connection, self.outbox, self.brand, found, self.now)
        if removed.rowcount or found:
            facts: dict[str, str | int | list[str] | None] = {"dropped": len(found)}
            unit.record(
                Entry(brand=self.brand, kind="sink.forgotten", aggregate_id=self.sink, at=self.now, actor="operator", facts=facts)
            )
        return len(found)


async def register_sinks(commands: Commands, outboxes: Collection[Outbox], brand: Brand, sinks: Collection[str]) -> None:
    """In every outbox, for every server. Only reads, where they are registered already."""
    for outbox in outboxes if sinks else ():
        async with commands.database.read() as connection:
            known = await load_sinks(connection, outbox, brand.name)
        if missing := {*sinks} - {*known}:
            command = RegisterSinks(outbox=outbox, brand=brand.name, sinks=missing, now=commands.clock.wall())
            await commands.run(command)


async def load_sinks(connection: AsyncConnection, outbox: Outbox, brand: str, *, held: bool = False) -> list[str]:
    """The names of the registered sinks. `held`: none is forgotten before the transaction ends."""
    sinks = outbox.sinks.c
    query = sa.select(sinks.sink).where(sinks.brand == brand).order_by(sinks.sink)
    return list(await connection.scalars(query.with_for_update(read=True) if held else query))


def _named(outbox: Outbox, brand: str, sink: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (outbox.sinks.c.brand == brand, outbox.sinks.c.sink == sink)
