"""Turns: how many attempts to authenticate one process judges at the same time, one of each subject.

An attempt counts as failed until it turns out right (consent/journey/attempts.py), so those that are judged together use up the limit
together. One after the other, honest customers who come at the same moment all get in: of one customer, and behind one address.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from kernel.errors import Overloaded

AT_ONCE_MAX = 16  # far fewer than an address may fail, also with several workers
WAITING_MAX = 500
WAIT_SECONDS_MAX = 10.0


@dataclass(slots=True)
class _Queue:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    length: int = 0


class Turns:
    """In memory: nothing is lost with it, the limits themselves stand in the database."""

    def __init__(self, *, wait_seconds: float = WAIT_SECONDS_MAX) -> None:
        self._wait_seconds = wait_seconds
        self._at_once = asyncio.Semaphore(AT_ONCE_MAX)
        self._queues: dict[str, _Queue] = {}
        self._inside = 0

    @asynccontextmanager
    async def taking(self, subject: str) -> AsyncIterator[None]:
        """Wait for the turn of `subject`, keep it while the body runs. Raises Overloaded when it does not come in time."""
        if self._inside >= WAITING_MAX:
            raise Overloaded(f"{self._inside} attempts to authenticate are under way")
        queue = self._queues.setdefault(subject, _Queue())
        queue.length += 1
        self._inside += 1
        try:
            await self._wait_for(queue)
            try:
                yield
            finally:
                self._at_once.release()
                queue.turn.release()
        finally:
            self._inside -= 1
            queue.length -= 1
            if not queue.length:
                del self._queues[subject]

    async def _wait_for(self, queue: _Queue) -> None:
        try:
            async with asyncio.timeout(self._wait_seconds):
                await queue.turn.acquire()
                try:
                    await self._at_once.acquire()
                except BaseException:
                    queue.turn.release()
                    raise
        except TimeoutError:
            raise Overloaded("no turn to authenticate came in time") from None
