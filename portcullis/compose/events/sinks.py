"""Open the sinks that configuration names."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from kernel.brand import Brand
from kernel.clock import Clock, monotonic
from kernel.http.outbound.fetcher import Fetcher
from kernel.outbox.ports import Sink
from plugins.sinks import SINKS, SinkSettings
from plugins.sinks.guarded import LIMITS, GuardedSink
from plugins.sinks.parts import Parts as SinkParts
from plugins.upstreams.circuit import Circuit

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OpenSink:
    """`brands` are the names of those whose events it gets."""

    sink: Sink
    brands: tuple[str, ...]


@asynccontextmanager
async def open_sinks(
    configured: tuple[SinkSettings, ...], brands: tuple[Brand, ...], fetcher: Fetcher, clock: Clock
) -> AsyncIterator[tuple[OpenSink, ...]]:
    """No receiver is asked anything yet: an absent one keeps no server from starting."""
    kinds: dict[type, Any] = {sink.Settings: sink for sink in SINKS}
    every = tuple(brand.name for brand in brands)
    parts = SinkParts(notify=fetcher, clock=clock)
    async with AsyncExitStack() as stack:
        opened = []
        for settings in configured:
            sink = await stack.enter_async_context(kinds[type(settings)].open(settings, parts))
            opened.append(OpenSink(GuardedSink(sink, _circuit(settings.name)), settings.brands or every))
        yield tuple(opened)


def _circuit(name: str) -> Circuit:
    return Circuit(monotonic, LIMITS, on_change=lambda state: log.warning("sink_circuit", sink=name, state=state))
