"""A map whose entries end by themselves, with a bound on their number: the memory of the in-process hot state.

Every operation costs the same however many entries there are: an entry is listed under the second in which it ends, a few of
the listed are looked at with each new entry, and an entry that was prolonged meanwhile is listed again under its new second.
"""

import heapq
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V")

SWEEP_MAX = 16  # ended entries removed with each new one: more than one, so that the ended never pile up


@dataclass(slots=True)
class _Entry(Generic[V]):
    value: V
    until: float
    listed: int  # the second under which it is listed


class ExpiringMap(Generic[V]):
    """`monotonic` counts seconds. An entry is there until its `until`, in the same seconds."""

    def __init__(self, size_max: int, monotonic: Callable[[], float]) -> None:
        self._size_max = size_max
        self._monotonic = monotonic
        self._entries: OrderedDict[str, _Entry[V]] = OrderedDict()
        self._listed: dict[int, dict[str, None]] = {}  # second: the keys to look at once it has passed
        self._seconds: list[int] = []  # heap of the keys of _listed

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> V | None:
        entry = self._entries.get(key)
        return entry.value if entry is not None and entry.until > self._monotonic() else None

    def put(self, key: str, value: V, until: float) -> None:
        """Set or replace. The bound is the caller's to keep: ask `has_room` before."""
        entry = self._entries.get(key)
        if entry is None:
            self._entries[key] = _Entry(value, until, self._list(key, until))
        else:
            entry.value, entry.until = value, until

    def has_room(self, key: str) -> bool:
        """Is there room for `key`? What has ended makes room first."""
        self._sweep()
        return key in self._entries or len(self._entries) < self._size_max

    def drop_oldest(self) -> None:
        """Forget the entry that came first."""
        key, entry = self._entries.popitem(last=False)
        del self._listed[entry.listed][key]

    def _list(self, key: str, until: float) -> int:
        second = int(until) + 1
        keys = self._listed.get(second)
        if keys is None:
            keys = self._listed[second] = {}
            heapq.heappush(self._seconds, second)
        keys[key] = None
        return second

    def _sweep(self) -> None:
        now = self._monotonic()
        for _ in range(SWEEP_MAX):
            if not self._seconds or self._seconds[0] > now:
                return
            keys = self._listed[self._seconds[0]]
            if not keys:
                del self._listed[heapq.heappop(self._seconds)]
                continue
            key, _nothing = keys.popitem()
            entry = self._entries[key]
            if entry.until <= now:
                del self._entries[key]
            else:
                entry.listed = self._list(key, entry.until)
