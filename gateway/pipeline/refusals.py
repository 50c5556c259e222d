"""Refusals of known callers, counted: one record of each caller, reason and window, however often it asks.

A caller can be refused without end, so a refusal has no record of its own: what is written grows with time, not with the caller's
haste. A window begins with its first refusal and is written when it ends, or when the server stops; a killed server loses the counts of
its open windows. Each single refusal is in the log.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from gateway.ports import Access
from kernel.errors import Overloaded

WINDOW_SECONDS = 600.0  # over which equal refusals of one caller are counted into one entry
WINDOWS_MAX = 10_000  # at once; beyond, the oldest ends early
LOOK_SECONDS = 5.0  # between two looks for windows that have ended


@dataclass(slots=True)
class Refusals:
    """One window: its first refusal, how many there were, and when the last one was (protocol time)."""

    first: Access
    ends: float
    count: int = 0
    last_at: datetime | None = None


class RefusalWindows:
    """The AccessRecords port for refusals. `write` takes a window that has ended, and may raise Overloaded: it is offered again.
    `seconds_now` is a clock in seconds that never jumps."""

    def __init__(
        self, write: Callable[[Refusals], None], seconds_now: Callable[[], float], windows_max: int = WINDOWS_MAX
    ) -> None:
        self._write = write
        self._now = seconds_now
        self._windows_max = windows_max
        self._windows: OrderedDict[tuple[str, str, str, str], Refusals] = OrderedDict()  # in the order of their ends

    def __len__(self) -> int:
        return len(self._windows)

    def record(self, access: Access) -> None:
        """Count it. Raises Overloaded when it would begin a window, and there is room for no other."""
        self.end()
        key = (access.brand, access.caller_id, access.outcome, access.rule)
        window = self._windows.get(key)
        if window is None:
            if len(self._windows) >= self._windows_max:
                self._end_oldest()
            window = self._windows[key] = Refusals(access, self._now() + WINDOW_SECONDS)
        window.count += 1
        window.last_at = access.at

    def end(self, *, early: bool = False) -> None:
        """Write the windows that have ended, or all of them early, as far as there is room for them."""
        try:
            while self._windows and (early or next(iter(self._windows.values())).ends <= self._now()):
                self._end_oldest()
        except Overloaded:
            return

    def _end_oldest(self) -> None:
        key = next(iter(self._windows))
        self._write(self._windows[key])
        del self._windows[key]

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Windows end while the context is open; on leaving, those that are open are written."""
        looking = asyncio.create_task(self._look(), name="refusals")
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            self.end(early=True)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.end()
