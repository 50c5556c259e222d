"""The newest snapshot of each thing that this worker has loaded, the least recently used forgotten first.

A snapshot is immutable and may be old: `kernel/hot_state/versions.py` decides whether its version is current. Loads of one id
are shared; a `reload` shares only a load that begins after it was asked for, so that it never returns what was read before.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class SnapshotCache(Generic[K, T]):
    """At most `size` snapshots. `load` answers None for what does not exist; that is not remembered."""

    def __init__(self, load: Callable[[K], Awaitable[T | None]], version_of: Callable[[T], int], size: int) -> None:
        self._load = load
        self._version_of = version_of
        self._size = size
        self._snapshots: OrderedDict[K, T] = OrderedDict()
        self._running: dict[K, asyncio.Task[T | None]] = {}
        self._waiting: dict[K, asyncio.Task[T | None]] = {}  # to begin when the running load of the same id has ended

    def __len__(self) -> int:
        return len(self._snapshots)

    def cached(self, key: K) -> T | None:
        """The snapshot loaded last, if it is still remembered."""
        snapshot = self._snapshots.get(key)
        if snapshot is not None:
            self._snapshots.move_to_end(key)
        return snapshot

    async def get(self, key: K) -> T | None:
        """The snapshot loaded last, or else one loaded now. Raises what `load` raises."""
        snapshot = self.cached(key)
        if snapshot is not None:
            return snapshot
        return await asyncio.shield(self._running.get(key) or self._schedule(key))

    async def reload(self, key: K) -> T | None:
        """Load the snapshot again. Raises what `load` raises."""
        return await asyncio.shield(self._schedule(key))

    def _schedule(self, key: K) -> asyncio.Task[T | None]:
        """A load that has not begun yet."""
        task = self._waiting.get(key)
        if task is None:
            task = self._waiting[key] = asyncio.ensure_future(self._load_next(key))
            task.add_done_callback(_mark_seen)
        return task

    async def _load_next(self, key: K) -> T | None:
        while (running := self._running.get(key)) is not None:
            await asyncio.wait([running])
        task = self._running[key] = self._waiting.pop(key)
        try:
            return self._keep(key, await self._load(key))
        finally:
            if self._running.get(key) is task:
                del self._running[key]

    def _keep(self, key: K, loaded: T | None) -> T | None:
        if loaded is None:
            self._snapshots.pop(key, None)
            return None
        known = self._snapshots.get(key)
        if known is not None and self._version_of(known) > self._version_of(loaded):
            return known
        self._snapshots[key] = loaded
        self._snapshots.move_to_end(key)
        if len(self._snapshots) > self._size:
            self._snapshots.popitem(last=False)
        return loaded


def _mark_seen(task: asyncio.Task[T | None]) -> None:
    if not task.cancelled():
        task.exception()  # seen, should everyone who waited have gone
