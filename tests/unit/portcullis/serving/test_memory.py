"""portcullis/serving/memory.py: after a flood of connections the machine has its memory again."""

import asyncio
import gc
import resource
import subprocess
import sys
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


def flood(places: Places) -> None:
    for _ in range(memory.ENDED_MIN):
        place = places.take("192.0.2.1", lambda: None)
        places.leave(place)


async def test_a_flood_that_ended_is_noticed_once():
    places, happened = Places("mtls", Limits()), asyncio.Queue[int]()
    loop = asyncio.get_running_loop()
    looking = asyncio.create_task(
        memory.collect_when_calm(
            memory.Collector([places], lambda: False),
            seconds=0,
            give_back=lambda: loop.call_soon_threadsafe(happened.put_nowait, places.ended),
        )
    )
    assert happened.empty()
    flood(places)
    assert await asyncio.wait_for(happened.get(), PATIENCE_SECONDS) == memory.ENDED_MIN
    for _ in range(50):
        await asyncio.sleep(0)
    assert happened.empty()
    looking.cancel()


def test_a_full_collection_waits_for_calm_but_not_for_ever():
    limits, now = Limits(connections=2000, connections_per_address=2000), [0.0]
    places = Places("mtls", limits)
    collector = memory.Collector([places], lambda: False, lambda: now[0])
    assert not collector.is_due
    flood(places)
    assert collector.is_due
    held = [places.take("192.0.2.1", lambda: None) for _ in range(memory.OPEN_CALM + 1)]
    assert not collector.is_due
    now[0] = memory.WAIT_SECONDS_MAX
    assert collector.is_due
    now[0] = 0.0
    places.leave(held[0])
    assert collector.is_due
    collector.mark()
    assert not collector.is_due


def test_while_a_server_listens_the_collector_never_begins_a_full_collection_by_itself():
    usual, known = gc.get_threshold(), gc.get_freeze_count()
    try:
        with memory.permanent():
            assert gc.get_threshold()[2] == memory.NEVER
            assert gc.get_freeze_count() > known
    finally:
        assert gc.get_threshold() == usual


RESERVED_BYTES = 262_144  # as uvloop reserves for each connection of TLS
RESERVED = 100
RESERVE_AGAIN = f"""
import ctypes
from pathlib import Path
from portcullis.serving.memory import permanent

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]

def reserve():
    return [libc.malloc({RESERVED_BYTES}) for _ in range({RESERVED})]

def resident_bytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

with permanent():
    before = resident_bytes()
    for _ in range(2):  # after the first time the C library would keep blocks of this size on its heap
        blocks = reserve()
        for block in blocks:
            ctypes.memset(block, 1, {RESERVED_BYTES})
        for block in blocks[:-1]:  # the last one keeps the heap from shrinking
            libc.free(block)
    reserve()
    print(resident_bytes() - before)
"""


def test_what_a_connection_reserves_and_does_not_touch_takes_no_memory():
    """Also where earlier connections have touched all of theirs. In a process of its own: the setting stays for good."""
    done = subprocess.run([sys.executable, "-c", RESERVE_AGAIN], capture_output=True, text=True, check=True)
    assert int(done.stdout) < RESERVED * RESERVED_BYTES // 10


def test_a_full_collection_waits_while_callers_with_a_certificate_are_served():
    limits, now, serving = Limits(connections=2000, connections_per_address=2000), [0.0], [True]
    places = Places("mtls", limits)
    collector = memory.Collector([places], lambda: serving[0], lambda: now[0])
    flood(places)
    assert not collector.is_due
    serving[0] = False
    assert collector.is_due
    serving[0], now[0] = True, memory.WAIT_SECONDS_MAX
    assert collector.is_due
