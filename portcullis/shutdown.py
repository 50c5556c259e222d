"""The stop of a server: an event that the signals set, and the end of a task that would run for ever."""

import asyncio
import signal
from contextlib import suppress


def catch_stop() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set from now on; before, they ended the process at once. Called before the server reports that it
    is ready, so that a stop after that is orderly."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    return stopped


async def cancel(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it has ended. Raises what it raised."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
