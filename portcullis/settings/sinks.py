"""The checks of sinks of events that belong to no kind of them: names, brands, and what production does not take."""

import re
from collections.abc import Collection

from kernel.config import ConfigurationRefused
from notices.room import SINK
from plugins.sinks import SinkSettings
from plugins.sinks.memory import MemorySettings

NAME = re.compile(r"[a-z0-9-]{1,32}")  # part of rows, leases and metrics
SINKS_MAX = 8  # sinks of one server: each has a lease and a loop of its own per brand


def check_sinks(sinks: tuple[SinkSettings, ...], brands: Collection[str]) -> None:
    """Raises ConfigurationRefused."""
    if len(sinks) > SINKS_MAX:
        raise ConfigurationRefused(f"sinks: at most {SINKS_MAX}")
    names = [sink.name for sink in sinks]
    for name in names:
        if not NAME.fullmatch(name):
            raise ConfigurationRefused("sinks.name: must be 1 to 32 lower-case letters, digits or hyphens")
    if SINK in names:
        raise ConfigurationRefused(f"sinks.name: {SINK} is what notices to TPPs are called")
    if len(set(names)) != len(names):
        raise ConfigurationRefused("sinks.name: two of them have the same")
    for sink in sinks:
        if unknown := sorted(set(sink.brands) - set(brands)):
            raise ConfigurationRefused(f"sinks.brands: unknown are {', '.join(unknown)}")
        sink.check()


def check_lasting_sinks(sinks: tuple[SinkSettings, ...]) -> None:
    """Raises ConfigurationRefused for one that forgets what it took."""
    if any(isinstance(sink, MemorySettings) for sink in sinks):
        raise ConfigurationRefused("sinks.kind: memory forgets what it was given, and has no place in production")
