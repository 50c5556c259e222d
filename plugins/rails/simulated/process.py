"""A process of simulated schemes in a sandbox: started with it, started again when it dies, ended with it."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import structlog

from plugins.rails.simulated.client import SimulatedRail
from plugins.rails.simulated.rules import SchemeRules
from plugins.rails.simulated.scheme import HOST

COMMAND = (sys.executable, "-P", "-m", "plugins.rails.simulated.scheme")
START_SECONDS_MAX = 20.0  # until it accepts
RESTART_SECONDS = 0.5  # after a process that ended
SETTINGS_PREFIX = "PORTCULLIS_"  # of environment variables: the scheme needs no settings, and some are secret

log = structlog.get_logger(__name__)


class SchemeProcess:
    """One process of one or several schemes, over the books in `folder`. `command` starts it."""

    def __init__(self, folder: Path, *schemes: SchemeRules, command: tuple[str, ...] = COMMAND) -> None:
        self._schemes = schemes
        self._command = command
        self._folder = folder
        self.ports: tuple[int, ...] = ()  # where each scheme listens, in their order; none while none does
        self.process: Process | None = None

    @property
    def rails(self) -> tuple[SimulatedRail, ...]:
        return tuple(SimulatedRail(rules, partial(self._address, place)) for place, rules in enumerate(self._schemes))

    @property
    def rail(self) -> SimulatedRail:
        """Of the first scheme."""
        return self.rails[0]

    def address(self) -> tuple[str, int]:
        """Where the first scheme listens. Raises OSError while it does not."""
        return self._address(0)

    def _address(self, place: int) -> tuple[str, int]:
        if not self.ports:
            raise OSError("the scheme does not listen")
        return HOST, self.ports[place]

    async def start(self) -> None:
        """Returns once it accepts. Raises TimeoutError, or OSError if it cannot start."""
        self.ports = ()
        self.process = await asyncio.create_subprocess_exec(
            *self._command,
            *("--books", str(self._folder)),
            *(part for rules in self._schemes for part in ("--rail", rules.name)),
            env={name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_PREFIX)},
            stdin=PIPE,
            stdout=PIPE,
        )
        assert self.process.stdout is not None
        async with asyncio.timeout(START_SECONDS_MAX):
            line = await self.process.stdout.readline()
        if not line:
            raise OSError("the scheme ended before it listened")
        self.ports = tuple(int(port) for port in line.split())

    async def kill(self) -> None:
        """End it at once."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def keep(self) -> None:
        """Start it again whenever it ends, and for as long as it does not start, until cancelled."""
        while True:
            if self.process is not None:
                status = await self.process.wait()
                log.warning("scheme_ended", rail=self.rail.name, status=status)
            await asyncio.sleep(RESTART_SECONDS)
            try:
                await self.start()
            except (OSError, TimeoutError, ValueError):  # no memory, no descriptor, or a busy machine: it passes
                log.exception("scheme_not_started", rail=self.rail.name)
                await self.kill()


@asynccontextmanager
async def run_schemes(folder: Path, *schemes: SchemeRules) -> AsyncIterator[SchemeProcess]:
    """The schemes in one process, while the context is open."""
    scheme = SchemeProcess(folder, *schemes)
    await scheme.start()
    keeper = asyncio.create_task(scheme.keep())
    try:
        yield scheme
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        await scheme.kill()
