"""Turns of one client: how much of its work runs at once. What is more waits, first come first served, behind nothing but its own."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class ClientTurns:
    """At most `limit` units at once; one turn takes at most half of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def turn(self, units: int) -> AsyncIterator[None]:
        units = min(units, max(1, self._limit // 2))
        if self._waiting or self._running + units > self._limit:
            await self._wait(units)
        else:
            self._running += units
        try:
            yield
        finally:
            self._end(units)

    async def _wait(self, units: int) -> None:
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        place = (units, called)
        self._waiting.append(place)
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():  # called and gone in the same moment
                self._end(units)
            elif place in self._waiting:
                self._waiting.remove(place)
                self._call()
            raise

    def _end(self, units: int) -> None:
        self._running -= units
        self._call()

    def _call(self) -> None:
        while self._waiting and self._running + self._waiting[0][0] <= self._limit:
            units, called = self._waiting.popleft()
            if not called.done():  # else it has gone
                self._running += units
                called.set_result(None)
