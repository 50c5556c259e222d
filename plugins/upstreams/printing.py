"""Print statements beside the event loop: one at a time, by a thread that lets every other one go first.

Printing is pure Python, so its thread would hold the interpreter for 5 ms at a time, and each answer that is on its way would wait that
long at each of its steps. It sleeps for a moment after every few entries instead. Who gives up while waiting prints nothing; who gives
up while it prints ends it at its next pause.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from plugins.upstreams.statement_pdf import Printed, render_statement

PAUSE_SECONDS = 0.00005  # enough for a thread that waits to take its turn

_PRINTER = ThreadPoolExecutor(1, "statement")


class Abandoned(Exception):
    """Those who wanted it have gone."""


class Printing:
    """The printer of one bank."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Loading what is printed and printing it are one turn, so that what waits holds no memory."""
        async with self._turn:
            yield

    async def print(self, printed: Printed) -> bytes:
        """The PDF. Inside `turn`."""
        abandoned = threading.Event()
        try:
            return await asyncio.get_running_loop().run_in_executor(_PRINTER, render_statement, printed, _pause_unless(abandoned))
        finally:
            abandoned.set()


def _pause_unless(abandoned: threading.Event) -> Callable[[], None]:
    def give_way() -> None:
        if abandoned.is_set():
            raise Abandoned
        time.sleep(PAUSE_SECONDS)

    return give_way
