"""Shares of the in-process hot state: how many entries each owner has, and when each of them ends."""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field

from kernel.hot_state.checks import Exceeded, Share
from kernel.hot_state.expiring_map import ExpiringMap


@dataclass(slots=True)
class _Ends:
    heap: list[float] = field(default_factory=list)
    last: float = 0.0


class Shares:
    """`monotonic` counts seconds. An owner is forgotten with the last of its entries."""

    def __init__(self, owners_max: int, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._owners: ExpiringMap[_Ends] = ExpiringMap(owners_max, monotonic)

    def look(self, share: Share) -> Exceeded | None:
        """None while there is room for one more entry."""
        ends, now = self._owners.get(share.owner) or _Ends(), self._monotonic()
        while ends.heap and ends.heap[0] <= now:
            heapq.heappop(ends.heap)
        if len(ends.heap) < share.limit:
            return None
        return Exceeded(share.limit, max(1, math.ceil(ends.heap[0] - now)) if ends.heap else 1)

    def add(self, share: Share, until: float) -> None:
        ends = self._owners.get(share.owner) or _Ends()
        heapq.heappush(ends.heap, until)
        ends.last = max(ends.last, until)
        self._owners.has_room(share.owner)  # what has ended makes room
        self._owners.put(share.owner, ends, ends.last)
