"""Records that may be committed a moment later: queued in memory, written a group at a time.

A record waits for at most LINGER_SECONDS before its group is written. A full queue refuses; a killed process may lose its last group,
an orderly stop loses none. A group whose commit was not confirmed is written again: at least once. A record that can never be written
is dropped with an alarm, so that it does not keep the others waiting for ever.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Generic, TypeVar

import structlog

from kernel.errors import Overloaded

CAPACITY = 10_000  # records that wait to be written; beyond it a call is refused
GROUP_MAX = 500  # records written in one transaction
LINGER_SECONDS = 0.025  # a record waits for others to be written with; half of the 50 ms that a call may wait
WRITE_SECONDS_MAX = 5.0  # for one group, its commit included
RETRY_SECONDS = 0.2  # after a group could not be written
DRAIN_SECONDS_MAX = 10.0  # for what is still unwritten when the server stops

T = TypeVar("T")
Write = Callable[[list[T]], Awaitable[None]]
IsRefused = Callable[[Exception], bool]

log = structlog.get_logger(__name__)


def _never(_error: Exception) -> bool:
    return False


class GroupedWrites(Generic[T]):
    """Open with `async with GroupedWrites.lifetime(write, "access records") as records`. `is_refused` distinguishes a failure
    that lies in the data, which no repetition cures, from an outage."""

    def __init__(
        self,
        write: Write[T],
        name: str,
        *,
        is_refused: IsRefused = _never,
        capacity: int = CAPACITY,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._write = write
        self._name = name
        self._is_refused = is_refused
        self.refused = 0  # records that were dropped because they could never be written
        self._capacity = capacity
        self._retry_seconds = retry_seconds
        self._waiting: deque[T] = deque()
        self._arrived = asyncio.Event()
        self._full_group = asyncio.Event()
        self._stopping = False

    @classmethod
    @asynccontextmanager
    async def lifetime(
        cls,
        write: Write[T],
        name: str,
        *,
        is_refused: IsRefused = _never,
        capacity: int = CAPACITY,
        retry_seconds: float = RETRY_SECONDS,
    ) -> AsyncIterator["GroupedWrites[T]"]:
        """Runs the writer as a task while the context is open; its exit waits until every accepted record is written."""
        records = cls(write, name, is_refused=is_refused, capacity=capacity, retry_seconds=retry_seconds)
        writer = asyncio.create_task(records._run(), name=name)
        try:
            yield records
        finally:
            await records._stop(writer)

    def record(self, record: T) -> None:
        """Raises Overloaded if the queue is full or already stopping."""
        if self._stopping or len(self._waiting) >= self._capacity:
            raise Overloaded(f"{len(self._waiting)} {self._name} are waiting")
        self._waiting.append(record)
        self._arrived.set()
        if len(self._waiting) >= GROUP_MAX:
            self._full_group.set()

    def __len__(self) -> int:
        """The number of records that wait; a gauge."""
        return len(self._waiting)

    async def _run(self) -> None:
        while self._waiting or not self._stopping:
            await self._arrived.wait()
            if not self._stopping:
                await self._linger()
            await self._write_group()

    async def _linger(self) -> None:
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                await self._full_group.wait()
        except TimeoutError:
            return

    async def _write_group(self) -> None:
        """Write the oldest records; they leave the queue only once they are written."""
        group = [self._waiting[index] for index in range(min(len(self._waiting), GROUP_MAX))]
        if group:
            try:
                await self._write_or_split(group)
            except Exception as error:
                log.warning("records_not_written", records=self._name, error=type(error).__qualname__, waiting=len(self))
                await asyncio.sleep(self._retry_seconds)
                return
        if len(self._waiting) < GROUP_MAX:
            self._full_group.clear()
        if not self._waiting and not self._stopping:
            self._arrived.clear()

    async def _write_or_split(self, group: list[T]) -> None:
        """A group that is refused is written one by one; the culprit is dropped. Raises what an outage raises."""
        try:
            async with asyncio.timeout(WRITE_SECONDS_MAX):
                await self._write(group)
        except Exception as error:
            if not self._is_refused(error):
                raise
            if len(group) > 1:
                for record in group:
                    await self._write_or_split([record])
                return
            self.refused += 1
            log.error("record_refused_and_dropped", records=self._name, error=type(error).__qualname__)  # noqa: TRY400  a driver's own text may hold the record
        for _ in group:
            self._waiting.popleft()

    async def _stop(self, writer: asyncio.Task[None]) -> None:
        self._stopping = True
        self._arrived.set()
        self._full_group.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS_MAX):
                await writer
        if self._waiting:
            log.error("records_lost_at_the_stop", records=self._name, lost=len(self))
