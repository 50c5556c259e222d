"""The queues of records that a server writes a moment later, opened together and watched: tokens, accesses, refusals by window."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.pipeline.refusals import RefusalWindows
from gateway.ports import Access
from kernel.clock import Clock, monotonic
from kernel.commands.runner import Commands
from kernel.observability.telemetry import Telemetry
from kernel.storage.grouped_writes import GroupedWrites
from kernel.storage.journal import Entry
from kernel.storage.outages import refuses_values
from portcullis.compose.records import access_writer, entry_writer, refusals_entry


@dataclass(frozen=True, slots=True)
class RecordQueues:
    issued: GroupedWrites[Entry]
    accessed: GroupedWrites[Access]
    refusals: RefusalWindows


@asynccontextmanager
async def open_queues(commands: Commands, clock: Clock, telemetry: Telemetry) -> AsyncIterator[RecordQueues]:
    """On leaving, everything queued is written."""
    write_entries = entry_writer(commands)
    async with (
        GroupedWrites.lifetime(write_entries, "token records", is_refused=refuses_values) as issued,
        GroupedWrites.lifetime(access_writer(commands, clock), "access records", is_refused=refuses_values) as accessed,
        GroupedWrites.lifetime(write_entries, "refusals", is_refused=refuses_values) as refused,
    ):
        refusals = RefusalWindows(lambda ended: refused.record(refusals_entry(ended)), monotonic)
        _watch(telemetry, "tokens", issued)
        _watch(telemetry, "access", accessed)
        _watch(telemetry, "refusals", refused)
        async with refusals.lifetime():
            yield RecordQueues(issued, accessed, refusals)


def _watch(telemetry: Telemetry, queue: str, records: GroupedWrites[Any]) -> None:
    telemetry.watch("records_waiting", "Records that wait to be written.", records.__len__, queue=queue)
    telemetry.watch(
        "records_refused",
        "Records dropped because they could never be written.",
        partial(getattr, records, "refused"),
        queue=queue,
    )
