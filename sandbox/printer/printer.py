"""The printer: one process of low priority that prints statements, so that printing takes nothing from the event loop but a pipe.

The process starts with the first statement and prints one at a time. Loading what is printed belongs to the same turn, so that what
waits holds no memory. A process that dies, exceeds its time or prints for a caller who has gone is killed, and the next statement
starts another: a pool of workers cannot end one that is late. The process holds no socket and no secret of the server's.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from kernel.banking.records.statements import STATEMENT_FILE_BYTES_MAX
from kernel.errors import UpstreamTimedOut
from plugins.ledger.statements.printed import Printed
from sandbox.printer.child import FRAME_BYTES, frame

COMMAND = (sys.executable, "-P", "-m", "sandbox.printer.child")
SECONDS_MAX = 5.0  # of one statement: its turn, its loading, its printing
SETTINGS_PREFIX = "PORTCULLIS_"  # of environment variables: the process needs no settings, and some are secret

log = structlog.get_logger(__name__)


class Printer:
    """The printer of one bank. `command` starts a process with the protocol of sandbox/printer/child.py."""

    def __init__(self, command: Sequence[str] = COMMAND, seconds_max: float = SECONDS_MAX) -> None:
        self._command = command
        self._seconds_max = seconds_max
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._closed = False

    async def print(self, load: Callable[[], Awaitable[Printed | None]]) -> bytes | None:
        """The PDF of what `load` answers; None for nothing, and for a file beyond STATEMENT_FILE_BYTES_MAX. Raises UpstreamTimedOut if
        the printer is late or dies, and what `load` raises."""
        try:
            async with asyncio.timeout(self._seconds_max), self._turn:
                printed = await load()
                return None if printed is None else await self._print(msgspec.msgpack.encode(printed))
        except TimeoutError as error:
            raise UpstreamTimedOut("a statement was not printed in time") from error

    async def close(self) -> None:
        """End the process; nothing is printed from now on."""
        self._closed = True
        if self._process is not None:
            await self._end(self._process)

    async def _print(self, message: bytes) -> bytes | None:
        try:
            process = await self._live_process()
        except OSError as error:
            raise UpstreamTimedOut(f"the printer does not start: {error}") from error
        try:
            return await _exchange(process, message) or None
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            await self._end(process)
            log.warning("printer_ended", status=process.returncode)
            raise UpstreamTimedOut("the printer ended") from error
        except asyncio.CancelledError:  # late, or printing for no one
            await self._end(process)
            raise

    async def _live_process(self) -> Process:
        if self._closed:
            raise UpstreamTimedOut("the server stops")
        if self._process is None or self._process.returncode is not None:
            starting = asyncio.ensure_future(self._start())
            try:
                self._process = await asyncio.shield(starting)
            except asyncio.CancelledError:  # a process that has half begun must end too
                await self._end(await starting)
                raise
        return self._process

    async def _start(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *self._command,
            env={name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_PREFIX)},
            stdin=PIPE,
            stdout=PIPE,
            limit=STATEMENT_FILE_BYTES_MAX,  # a reader that pauses would not see the end of a killed process
        )

    async def _end(self, process: Process) -> None:
        if self._process is process:
            self._process = None
        if process.returncode is None:
            process.kill()
        await asyncio.shield(process.wait())


async def _exchange(process: Process, message: bytes) -> bytes:
    questions, answers = process.stdin, process.stdout
    if questions is None or answers is None:
        raise RuntimeError("the printer has no pipes")
    questions.write(frame(message))
    await questions.drain()
    size = int.from_bytes(await answers.readexactly(FRAME_BYTES), "big")
    return await answers.readexactly(size)
