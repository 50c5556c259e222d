"""The parts of a server that sinks may need, each by the port that it implements."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from kernel.clock import Clock


class Notify(Protocol):
    """POSTs to an address over https, guarded (kernel/http/outbound/fetcher.py)."""

    async def notify(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer. Raises Unanswered."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    notify: Notify
    clock: Clock
