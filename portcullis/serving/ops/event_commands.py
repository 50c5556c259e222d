"""The operator's commands about sinks and the events that are parked (list and release them, forget a sink), and about notices to clients."""

from collections.abc import Mapping
from datetime import timedelta

from kernel.errors import FieldInvalid, SubscriptionUnknown
from kernel.outbox.parked import Parked, ReleaseParked, load_parked
from kernel.outbox.registered import FORGET_ROWS, ForgetSink, load_sinks
from notices.commands.resend import ResendNotices
from notices.rows.notices import ENDED_KEPT
from portcullis.compose.composition import Composition
from portcullis.compose.events.delivery import OUTBOXES
from portcullis.serving.ops.given import Given

HOURS_MAX = ENDED_KEPT // timedelta(hours=1)  # that a person may go back: until then a notice that ended is kept


async def list_parked(composition: Composition, brand: str, asked: Mapping[str, str]) -> list[Parked]:
    """Of the sink that is asked for, or of all."""
    parked: list[Parked] = []
    async with composition.services.database.read() as connection:
        for outbox in OUTBOXES:
            parked += await load_parked(connection, outbox, brand, asked.get("sink", ""))
    return parked


async def release_parked(composition: Composition, brand: str, given: Given) -> int:
    """The aggregates that go on: the one that is asked for, or all of the sink. Raises FieldInvalid without a sink."""
    sink, aggregate_id = given.asked.get("sink", ""), given.asked.get("aggregate", "")
    if not sink:
        raise FieldInvalid("no sink", public="Name the sink whose events are to go on.", path="sink")
    services, released = composition.services, 0
    for outbox in OUTBOXES:
        now = services.clock.wall()
        command = ReleaseParked(outbox=outbox, brand=brand, sink=sink, aggregate_id=aggregate_id, now=now)
        released += await services.commands.run(command)
    return released


async def forget_sink(composition: Composition, brand: str, given: Given) -> int:
    """The number of consents and payments of which undelivered events are dropped. Raises FieldInvalid unless the sink is registered."""
    sink, dropped = given.asked.get("sink", ""), 0
    async with composition.services.database.read() as connection:
        known = {name for outbox in OUTBOXES for name in await load_sinks(connection, outbox, brand)}
    if sink not in known:
        named = ", ".join(sorted(known)) or "none"
        raise FieldInvalid("unknown sink", public=f"No such sink is registered; registered are: {named}.", path="sink")
    for outbox in OUTBOXES:
        removed = FORGET_ROWS
        while removed == FORGET_ROWS:
            command = ForgetSink(outbox=outbox, brand=brand, sink=sink, now=composition.services.clock.wall())
            removed = await composition.services.commands.run(command)
            dropped += removed
    return dropped


async def resend_notices(composition: Composition, brand: str, given: Given) -> int | None:
    """The number of notices that the client is now to get; None in a brand where it has no subscription. Raises FieldInvalid."""
    client_id, hours = given.asked.get("client", ""), given.asked.get("hours", "0")
    if not client_id or not hours.isdigit() or int(hours) > HOURS_MAX:
        raise FieldInvalid("no client, or no hours", public=f"Name the client, and 0 to {HOURS_MAX} hours.", path="client")
    services = composition.services
    now = services.clock.wall()
    since = now - timedelta(hours=int(hours)) if int(hours) else None
    command = ResendNotices(brand=brand, client_id=client_id, since=since, now=now)
    try:
        return await services.commands.run(command)
    except SubscriptionUnknown:
        return None
