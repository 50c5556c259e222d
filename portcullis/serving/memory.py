"""Memory given back to the machine once a flood of connections is over.

The C library keeps what was freed as long as something behind it is in use, and connections are freed in no order: without this a server
would keep for good what its worst minute took.
"""

import asyncio
import ctypes
import gc
from collections.abc import Callable, Sequence
from typing import Final

from kernel.http.admission.places import Places

LOOK_SECONDS: Final = 15.0
ENDED_MIN: Final = 1000  # connections since the last time: what fewer leave behind is used again


def give_back() -> None:
    """Return free pages to the machine, where the C library can (glibc's malloc_trim(3))."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


async def giving_back(
    listeners: Sequence[Places], *, seconds: float = LOOK_SECONDS, give_back: Callable[[], None] = give_back
) -> None:
    """Look after floods until cancelled."""
    seen = 0
    while True:
        await asyncio.sleep(seconds)
        ended = sum(places.ended for places in listeners)
        if ended - seen >= ENDED_MIN:
            seen = ended
            gc.collect()  # a connection and its TLS hold each other
            await asyncio.to_thread(give_back)
