"""How a server is asked to end, and how what it does in the background ends with it."""

import asyncio
import signal
from contextlib import suppress


def catch_stop() -> asyncio.Event:
    """Set by SIGTERM or SIGINT from now on. Asked for before anyone is told that the server is ready, so that whoever stops it at once
    is heard too; a signal before that ends the process as it stands."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    return stopped


async def cancel(task: asyncio.Task[None]) -> None:
    """End a task and wait for its end."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
