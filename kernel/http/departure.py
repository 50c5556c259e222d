"""The end of a caller's connection, so that work for an answer that no one will read can stop.

Only what leaves nothing half-done asks for this: a read. A change runs to its end, whether its caller waits or not.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from kernel.errors import CallerGone


class Departure:
    """One of each connection. Of a request that came by no connection it never happens."""

    __slots__ = ("_stops", "happened")

    def __init__(self) -> None:
        self.happened = False
        self._stops: set[Callable[[], None]] = set()

    def happen(self) -> None:
        self.happened = True
        for stop in self._stops:
            stop()

    @asynccontextmanager
    async def stops(self) -> AsyncIterator[None]:
        """Stop the body when the caller goes. Raises CallerGone in its place."""
        if self.happened:
            raise CallerGone
        scope = asyncio.timeout(None)
        try:
            async with scope, self._watch(scope):
                yield
        except TimeoutError:
            if scope.expired():
                raise CallerGone from None
            raise

    @asynccontextmanager
    async def _watch(self, scope: asyncio.Timeout) -> AsyncIterator[None]:
        def stop() -> None:
            scope.reschedule(asyncio.get_running_loop().time())

        self._stops.add(stop)
        try:
            yield
        finally:
            self._stops.discard(stop)
