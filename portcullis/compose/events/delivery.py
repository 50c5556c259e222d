"""Deliver the outboxes of a brand to its sinks, and count what waits."""

from collections.abc import Awaitable, Callable
from functools import partial

from consent.store import tables as consent_tables
from kernel.brand import Brand
from kernel.commands.runner import Commands
from kernel.observability.telemetry import Telemetry
from kernel.outbox.backlog import Backlog, Waiting
from kernel.outbox.dispatcher import DELIVER_EVERY_SECONDS, Dispatcher
from kernel.outbox.janitor import TRIM_EVERY_SECONDS, Janitor
from kernel.outbox.planner import PLAN_EVERY_SECONDS, Planner
from kernel.outbox.registered import register_sinks
from kernel.outbox.tables import Outbox
from kernel.storage.lease import Lease
from notices.sink import NoticeSink
from plugins.ledger import tables as ledger_tables
from portcullis.compose.events.singleton import Singleton
from portcullis.compose.events.sinks import OpenSink

# Those of the orders' database. A ledger in a database of its own needs no delivery there: the ledger writes no event
# (tests/unit/plugins/ledger/test_outbox.py).
OUTBOXES: tuple[Outbox, ...] = (consent_tables.OUTBOX, ledger_tables.OUTBOX)


async def compose_delivery(
    sinks: tuple[OpenSink, ...], notices: NoticeSink, commands: Commands, telemetry: Telemetry, brand: Brand
) -> tuple[Singleton, ...]:
    """The singletons that deliver one brand's events, whose configured sinks are registered first: another server may plan for them then.
    That of notices is registered by the first client that subscribes. Without a registered sink, old events are removed and nothing else
    is done."""
    clock, mine = commands.clock, [each.sink for each in sinks if brand.name in each.brands]
    await register_sinks(commands, OUTBOXES, brand, [sink.name for sink in mine])
    janitor = Janitor(outboxes=OUTBOXES, commands=commands, clock=clock, brand=brand)
    singletons: list[Singleton] = [("events-janitor", TRIM_EVERY_SECONDS, janitor.run)]
    planner = Planner(outboxes=OUTBOXES, commands=commands, clock=clock, brand=brand)
    singletons.append(("events-planner", PLAN_EVERY_SECONDS, planner.run))
    for sink, outboxes in [*((sink, OUTBOXES) for sink in mine), (notices, (notices.room.outbox,))]:
        dispatcher = Dispatcher(outboxes=outboxes, commands=commands, clock=clock, brand=brand, sink=sink)
        backlog = Backlog(outboxes=outboxes, database=commands.database, clock=clock, brand=brand, sink=sink.name)
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
    for state in Waiting:
        text = "Age of the oldest event in a state that a sink has not got, in seconds; no number as above."
        telemetry.watch("events_state_age_seconds", text, partial(backlog.state_age_seconds, state), state=state.value, **labels)
    telemetry.watch("events_parked", "Aggregates whose events wait for a person to release them.", backlog.parked, **labels)
    telemetry.watch("events_delivered", "Events that a sink has taken, since the start.", lambda: dispatcher.delivered, **labels)
