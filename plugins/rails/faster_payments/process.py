"""The simulated scheme's process of a sandbox: started with it, started again when it dies, ended with it."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from plugins.rails.faster_payments.client import FasterPayments
from plugins.rails.faster_payments.scheme import HOST

COMMAND = (sys.executable, "-P", "-m", "plugins.rails.faster_payments.scheme")
BOOKS = "faster_payments.sqlite3"
START_SECONDS_MAX = 20.0  # until it accepts
RESTART_SECONDS = 0.5  # after a process that ended
SETTINGS_PREFIX = "PORTCULLIS_"  # of environment variables: the scheme needs no settings, and some are secret

log = structlog.get_logger(__name__)


class SchemeProcess:
    """One process of the scheme, over the books in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._books = folder / BOOKS
        self._port: int | None = None
        self.process: Process | None = None

    @property
    def rail(self) -> FasterPayments:
        return FasterPayments(self.address)

    def address(self) -> tuple[str, int]:
        """Where it listens. Raises OSError while it does not."""
        if self._port is None:
            raise OSError("the scheme does not listen")
        return HOST, self._port

    async def start(self) -> None:
        """Returns once it accepts. Raises TimeoutError, or OSError if it cannot start."""
        self._port = None
        self.process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *("--books", str(self._books)),
            env={name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_PREFIX)},
            stdin=PIPE,
            stdout=PIPE,
        )
        assert self.process.stdout is not None
        async with asyncio.timeout(START_SECONDS_MAX):
            line = await self.process.stdout.readline()
        if not line:
            raise OSError("the scheme ended before it listened")
        self._port = int(line)

    async def kill(self) -> None:
        """End it at once."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def keep(self) -> None:
        """Start it again whenever it ends, until cancelled."""
        while True:
            if self.process is not None:
                status = await self.process.wait()
                log.warning("scheme_ended", status=status)
            await asyncio.sleep(RESTART_SECONDS)
            await self.start()


@asynccontextmanager
async def run_scheme(folder: Path) -> AsyncIterator[SchemeProcess]:
    """The scheme, while the context is open."""
    scheme = SchemeProcess(folder)
    await scheme.start()
    keeper = asyncio.create_task(scheme.keep())
    try:
        yield scheme
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        await scheme.kill()
