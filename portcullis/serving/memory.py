"""The memory of a server: what the garbage collector looks at and when, and what is given back to the machine after a flood.

A full collection stops every answer while it visits each object that it does not know to be permanent: a tenth of a second and more with
two thousand connections, and the collector begins one whenever much has been allocated, which is when a server is busy. Here what a
server is made of is permanent once it listens, and a full collection waits for calm. It may: connections and requests end without it.
"""

import asyncio
import ctypes
import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from kernel.clock import monotonic as system_monotonic
from kernel.http.admission.places import Places

LOOK_SECONDS: Final = 15.0  # between two looks whether memory should be given back
ENDED_MIN: Final = 1000  # connections since the last time: what fewer leave behind is used again
YOUNG_MIN: Final = 200  # collections of the middle generation, each of some 8,000 new objects, until a full one is due
OPEN_CALM: Final = 250  # connections that stand: a full collection visits some 25,000 objects of theirs
WAIT_SECONDS_MAX: Final = 600.0  # until memory is given back without waiting for calm
NEVER: Final = 1 << 30
MMAP_THRESHOLD: Final = -3  # glibc's M_MMAP_THRESHOLD (malloc.h)
LARGE_BYTES: Final = 131_072  # of an allocation that is returned to the system once freed: glibc's initial value


@contextmanager
def permanent() -> Iterator[None]:
    """Around the time in which a server listens: what there is already is looked at no more, and full collections wait for
    `collect_when_calm`."""
    _keep_large_apart()
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(usual[0], usual[1], NEVER)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def _keep_large_apart() -> None:
    """Let each large block be pages of its own, which take memory when they are touched and end with the block. uvloop reserves 256 KiB for
    what one read of TLS may bring, and touches few of them; on a heap that is used again they would all be there (glibc's mallopt(3))."""
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(MMAP_THRESHOLD, LARGE_BYTES)


def give_back() -> None:
    """Return free pages to the machine, where the C library can (glibc's malloc_trim(3)). It keeps what was freed as long as something
    behind it is in use, and connections are freed in no order."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class Collector:
    """The judge of when a full collection is due, by the connections of `listeners`, and by `is_serving`: callers would wait for it.
    `monotonic` is a clock in seconds."""

    def __init__(
        self, listeners: Sequence[Places], is_serving: Callable[[], bool], monotonic: Callable[[], float] = system_monotonic
    ) -> None:
        self._listeners = listeners
        self._is_serving = is_serving
        self._monotonic = monotonic
        self.mark()

    def mark(self) -> None:
        """A full collection has happened now."""
        self._ended, self._young, self._at = self._count_ended(), _count_young(), self._monotonic()

    @property
    def has_flooded(self) -> bool:
        """So many connections have ended that their memory is worth giving back."""
        return self._count_ended() - self._ended >= ENDED_MIN

    @property
    def is_due(self) -> bool:
        """There is something to find, and no one would wait for it and few connections stand, or it has waited long enough. To give back what is
        scattered over the memory takes a quarter of a second, in which nothing else may be allocated."""
        if not self.has_flooded and _count_young() - self._young < YOUNG_MIN:
            return False
        is_calm = sum(places.open for places in self._listeners) <= OPEN_CALM and not self._is_serving()
        return is_calm or self._monotonic() - self._at >= WAIT_SECONDS_MAX

    def _count_ended(self) -> int:
        return sum(places.ended for places in self._listeners)


def _count_young() -> int:
    return int(gc.get_stats()[1]["collections"])


async def collect_when_calm(
    collector: Collector, *, seconds: float = LOOK_SECONDS, give_back: Callable[[], None] = give_back
) -> None:
    """Collect what is due, and give back what a flood took, until cancelled."""
    while True:
        await asyncio.sleep(seconds)
        if not collector.is_due:
            continue
        has_flooded = collector.has_flooded
        gc.collect()
        collector.mark()
        if has_flooded:
            await asyncio.to_thread(give_back)
