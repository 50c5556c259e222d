"""The lateness of the event loop: how long what is due waits for the work before it.

Every answer of a process passes through one loop, so this is the delay that each of them meets several times. Time on the processor that
others need is seen here first, whether a caller or the machine takes it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from kernel.clock import monotonic as system_monotonic

SAMPLE_SECONDS: Final = 0.02  # between two samples: fifty a second cost less than one answer


async def watch_delay(
    observe: Callable[[float], None],
    *,
    monotonic: Callable[[], float] = system_monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Observe in seconds how late each sample is, until cancelled; also those that were due while one was late, so that a long delay counts by its
    length. A timer of the loop may itself be late by a millisecond."""
    while True:
        due = monotonic() + SAMPLE_SECONDS
        await sleep(SAMPLE_SECONDS)
        late = max(0.0, monotonic() - due)
        for sample in range(1 + int(late / SAMPLE_SECONDS)):
            observe(late - sample * SAMPLE_SECONDS)
