"""How a server hears that it is to stop, and how it ends a task that would go on for ever."""

import asyncio
import signal
from contextlib import suppress


def catch_stop() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set from now on, where they ended the process at once before. Called before anyone is told that
    the server is ready, so that whoever then stops it ends it in order."""
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
