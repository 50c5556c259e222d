"""The connections of strangers that wait for their clients, share by share: whose is given up where a listener is full.

That of the share that has the most of them waiting. If the oldest of all were, a caller who opens connections fast enough from many addresses
would cut off everyone whose network is slow; so it takes the place of its own.
"""

from collections import OrderedDict
from typing import Generic, TypeVar

S = TypeVar("S")


class Greediest(Generic[S]):
    """Shares by how many they have waiting. Of several that have as many, the first that came to have them."""

    def __init__(self) -> None:
        self._levels: dict[int, OrderedDict[S, None]] = {}
        self._most = 0

    def note(self, share: S, before: int, after: int) -> None:
        """One of the share's connections began to wait, or waits no longer: the numbers differ by one at the most."""
        if before == after:
            return
        if before:
            level = self._levels[before]
            del level[share]
            if not level:
                del self._levels[before]
        if after:
            self._levels.setdefault(after, OrderedDict())[share] = None
        if after > self._most or self._most not in self._levels:
            self._most = after

    def first(self) -> S | None:
        """None where no one waits."""
        return next(iter(self._levels[self._most])) if self._most else None
