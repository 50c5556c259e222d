"""portcullis/serving/memory.py: after a flood of connections the machine has its memory again."""

import asyncio
import resource
from pathlib import Path

from kernel.http.admission.limits import Limits
from kernel.http.admission.places import Places
from portcullis.serving import memory
from tests.harness.patience import PATIENCE_SECONDS

BLOCK_BYTES = 60_000  # below what the C library maps by itself
BLOCKS = 1000


def resident_pages() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1])


def test_free_pages_between_used_ones_are_given_back():
    """As connections of a flood leave them: what ended lies between what lives."""
    held = [bytearray(BLOCK_BYTES) for _ in range(BLOCKS)]
    full = resident_pages()
    del held[1::2]
    memory.give_back()
    assert full - resident_pages() > BLOCKS // 2 * BLOCK_BYTES // resource.getpagesize() // 2


async def test_a_flood_that_ended_is_noticed_once():
    places, happened = Places("mtls", Limits()), asyncio.Queue[int]()
    looking = asyncio.create_task(
        memory.giving_back([places], seconds=0, give_back=lambda: loop.call_soon_threadsafe(happened.put_nowait, places.ended))
    )
    loop = asyncio.get_running_loop()
    for _ in range(memory.ENDED_MIN):
        place = places.take("192.0.2.1", lambda: None)
        assert happened.empty()
        places.leave(place)
    assert await asyncio.wait_for(happened.get(), PATIENCE_SECONDS) == memory.ENDED_MIN
    for _ in range(50):
        await asyncio.sleep(0)
    assert happened.empty()
    looking.cancel()
