"""A bank of one's own in a child process, for `portcullis sandbox --core-bank`: started, waited for, started again when it dies.

The child ends with us, however we end: it holds the other end of a pipe.
"""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec
import structlog

from kernel.clock import monotonic
from kernel.config import ConfigurationRefused
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from kernel.ids import Ids
from plugins.upstreams.circuit import Circuit
from plugins.upstreams.core_bank import CoreBank
from portcullis.core_bank.serve import HOST, bank_url
from portcullis.settings.schema import DEFAULT_CORE_BANK_PORT, Settings
from portcullis.shutdown import cancel

START_SECONDS_MAX = 30.0  # for the process of the synthetic bank to answer
STOP_SECONDS_MAX = 10.0  # for the process of the synthetic bank to stop
RESTART_SECONDS = 0.5  # before a process that ended is started again
LOOK_SECONDS = 0.1  # between two looks whether the process answers
OURS_ALONE = {"PORTCULLIS_UPSTREAM", "PORTCULLIS_CORE_BANK_URL"}  # the child is the bank, and asks none

log = structlog.get_logger(__name__)


@asynccontextmanager
async def start_core_bank(settings: Settings, ids: Ids) -> AsyncIterator[Settings]:
    """Start the bank as a child process, and yield settings that name it as the upstream once it answers. Raises ConfigurationRefused if it does not start.

    The bank must have been made: only the child's reading is its own."""
    port = await _free_port(settings.core_bank_port)
    settings = msgspec.structs.replace(
        settings,
        upstream=CoreBank.name,
        core_bank_url=bank_url(port),
        core_bank_token=settings.core_bank_token or ids.secret(),
        core_bank_port=port,
    )
    child = await _start(settings)
    try:
        await _until_up(settings, child)
    except BaseException:
        await _stop(child)
        raise
    keeper = asyncio.create_task(_keep(settings, child), name="core bank process")
    try:
        yield settings
    finally:
        await cancel(keeper)


async def _keep(settings: Settings, child: asyncio.subprocess.Process) -> None:
    """Start it again whenever it ends, until cancelled."""
    try:
        while True:
            status = await child.wait()
            log.error("core_bank_ended", status=status)
            await asyncio.sleep(RESTART_SECONDS)
            child = await _start(settings)
    finally:
        await _stop(child)


async def _start(settings: Settings) -> asyncio.subprocess.Process:
    inherited = {name: value for name, value in os.environ.items() if name not in OURS_ALONE}
    environment = inherited | {
        "PORTCULLIS_STATE_DIR": str(settings.state_dir),
        "PORTCULLIS_CORE_BANK_PORT": str(settings.core_bank_port),
        "PORTCULLIS_CORE_BANK_TOKEN": settings.core_bank_token,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "portcullis", "core-bank", "serve", "--attached"),
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us to hear first
    )


async def _until_up(settings: Settings, child: asyncio.subprocess.Process) -> None:
    circuit = Circuit(monotonic)
    try:
        async with (
            asyncio.timeout(START_SECONDS_MAX),
            CoreBank.open(settings.core_bank_url, circuit=circuit, token=settings.core_bank_token) as bank,
        ):
            while child.returncode is None:
                if await _accepts(settings.core_bank_port) and (await bank.health()).status == "up":
                    return
                await asyncio.sleep(LOOK_SECONDS)
    except (TimeoutError, UpstreamFailed, UpstreamTimedOut):
        raise ConfigurationRefused(f"core_bank: it did not answer within {START_SECONDS_MAX} s") from None
    raise ConfigurationRefused(f"core_bank: its process ended with {child.returncode}")


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True


async def _stop(child: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        child.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS_MAX):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()


async def _free_port(wanted: int) -> int:
    """The port that configuration names, once the bank of a server that was killed has let go of it; if it names none, the usual
    one, or any other if that is taken. Raises ConfigurationRefused."""
    candidates = (wanted, 0) if wanted == DEFAULT_CORE_BANK_PORT else (wanted,)
    try:
        async with asyncio.timeout(STOP_SECONDS_MAX):
            while True:
                for port in candidates:
                    if (free := _bindable(port)) is not None:
                        return free
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        raise ConfigurationRefused(f"core_bank_port: {wanted} is taken") from None


def _bindable(port: int) -> int | None:
    """This port, or any free one for 0; None if the port is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return None
        return int(probe.getsockname()[1])
