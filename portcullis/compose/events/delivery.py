"""Deliver the outboxes of a brand to its sinks, and count what waits."""

from collections.abc import Awaitable, Callable

from consent.store import tables as consent_tables
from kernel.brand import Brand
from kernel.commands.runner import Commands
from kernel.observability.telemetry import Telemetry
from kernel.outbox.backlog import Backlog
from kernel.outbox.dispatcher import DELIVER_EVERY_SECONDS, Dispatcher
from kernel.outbox.janitor import TRIM_EVERY_SECONDS, Janitor
from kernel.outbox.planner import PLAN_EVERY_SECONDS, Planner
from kernel.outbox.tables import Outbox
from kernel.storage.lease import Lease
from plugins.ledger import tables as ledger_tables
from portcullis.compose.events.sinks import OpenSink

OUTBOXES: tuple[Outbox, ...] = (consent_tables.OUTBOX, ledger_tables.OUTBOX)

Singleton = tuple[str, float, Callable[[Lease], Awaitable[None]]]  # name of its lease, pause between two runs, work


def compose_delivery(
    sinks: tuple[OpenSink, ...], commands: Commands, telemetry: Telemetry, brand: Brand
) -> tuple[Singleton, ...]:
    """The singletons that deliver one brand's events. Without a sink, old events are removed and nothing else is done."""
    clock, mine = commands.clock, [each.sink for each in sinks if brand.name in each.brands]
    names = tuple(sink.name for sink in mine)
    janitor = Janitor(outboxes=OUTBOXES, commands=commands, clock=clock, brand=brand, sinks=names)
    singletons: list[Singleton] = [("events-janitor", TRIM_EVERY_SECONDS, janitor.run)]
    if mine:
        planner = Planner(outboxes=OUTBOXES, commands=commands, clock=clock, brand=brand, sinks=names)
        singletons.append(("events-planner", PLAN_EVERY_SECONDS, planner.run))
    for sink in mine:
        dispatcher = Dispatcher(outboxes=OUTBOXES, commands=commands, clock=clock, brand=brand, sink=sink)
        backlog = Backlog(outboxes=OUTBOXES, database=commands.database, clock=clock, brand=brand, sink=sink.name)
        _watch(telemetry, dispatcher, backlog)
        singletons.append((f"events-to-{sink.name}", DELIVER_EVERY_SECONDS, _count_and_deliver(dispatcher, backlog)))
    return tuple(singletons)


def _count_and_deliver(dispatcher: Dispatcher, backlog: Backlog) -> Callable[[Lease], Awaitable[None]]:
    async def work(lease: Lease) -> None:
        await backlog.refresh()
        await dispatcher.run(lease)

    return work


def _watch(telemetry: Telemetry, dispatcher: Dispatcher, backlog: Backlog) -> None:
    labels = {"brand": dispatcher.brand.name, "sink": dispatcher.sink.name}
    age = "Age of the oldest event that a sink has not got, in seconds; no number on a server that does not deliver to it."
    telemetry.watch("events_age_seconds", age, backlog.age_seconds, **labels)
    telemetry.watch("events_parked", "Aggregates whose events wait for a person to release them.", backlog.parked, **labels)
    telemetry.watch("events_delivered", "Events that a sink has taken, since the start.", lambda: dispatcher.delivered, **labels)
