"""The operator's commands about events that are parked: list them, and let them go on."""

from collections.abc import Mapping

from consent.services import Services
from kernel.errors import FieldInvalid
from kernel.outbox.parked import Parked, ReleaseParked, load_parked
from portcullis.compose.events.delivery import OUTBOXES


async def list_parked(services: Services, brand: str, asked: Mapping[str, str]) -> list[Parked]:
    """Of the sink that is asked for, or of all."""
    parked: list[Parked] = []
    async with services.database.read() as connection:
        for outbox in OUTBOXES:
            parked += await load_parked(connection, outbox, brand, asked.get("sink", ""))
    return parked


async def release_parked(services: Services, brand: str, asked: Mapping[str, str]) -> int:
    """The aggregates that go on: the one that is asked for, or all of the sink. Raises FieldInvalid without a sink."""
    sink, aggregate_id = asked.get("sink", ""), asked.get("aggregate", "")
    if not sink:
        raise FieldInvalid("no sink", public="Name the sink whose events are to go on.", path="sink")
    released = 0
    for outbox in OUTBOXES:
        now = services.clock.wall()
        command = ReleaseParked(outbox=outbox, brand=brand, sink=sink, aggregate_id=aggregate_id, now=now)
        released += await services.commands.run(command)
    return released
