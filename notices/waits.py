"""Long polls: a bounded number of callers that wait for a notice, in this process, for a bounded time, and no longer than the server serves.

A notice that this process makes wakes its client at once; one that another process makes is found at the next look.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

WAIT_SECONDS_MAX = 5.0  # of a long poll: well within the time of one operation (gateway/pipeline/pipeline.py)
LOOK_EVERY_SECONDS = 1.0  # between two looks of a long poll for what another process made
WAITS_PER_CLIENT_MAX = 1  # long polls of one client: a second one is answered at once
WAITS_MAX = 64  # long polls of all clients: one more is answered at once

Waiter = tuple[str, str]  # brand and client


@dataclass(slots=True)
class Waits:
    _waiting: dict[Waiter, asyncio.Event] = field(default_factory=dict)
    _is_closed: bool = False

    @contextmanager
    def place(self, brand: str, client_id: str) -> Iterator[asyncio.Event | None]:
        """An event that is set when there may be something for the client; None where no more callers may wait."""
        waiter = (brand, client_id)
        if self._is_closed or waiter in self._waiting or len(self._waiting) >= WAITS_MAX:
            yield None
            return
        self._waiting[waiter] = asyncio.Event()
        try:
            yield self._waiting[waiter]
        finally:
            del self._waiting[waiter]

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    def wake(self, brand: str, client_id: str) -> None:
        if (event := self._waiting.get((brand, client_id))) is not None:
            event.set()

    def close(self) -> None:
        """The server stops: all who wait are answered now, and no more may."""
        self._is_closed = True
        for event in self._waiting.values():
            event.set()
