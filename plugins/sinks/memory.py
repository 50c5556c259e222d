"""A sink that keeps the latest events in the memory of this process: for tests and sandboxes, refused in production."""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from kernel.outbox.ports import Envelope
from plugins.sinks.parts import Parts

EVENTS_MAX = 1_000  # kept by a sink in memory: the oldest goes first


class MemorySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="memory"):
    name: str
    brands: tuple[str, ...] = ()

    def check(self) -> None:
        """There is nothing to get wrong."""

    @property
    def secrets(self) -> tuple[str, ...]:
        return ()


class MemorySink:
    Settings = MemorySettings
    at_once = 16

    def __init__(self, name: str) -> None:
        self.name = name
        self.events: deque[Envelope] = deque(maxlen=EVENTS_MAX)

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: MemorySettings, _parts: Parts) -> AsyncIterator["MemorySink"]:
        yield cls(settings.name)

    async def deliver(self, envelope: Envelope) -> None:
        self.events.append(envelope)
