"""Statements are printed by a process of their own, which never keeps a caller waiting and outlives no server."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest
import uvloop

from kernel.errors import UpstreamTimedOut
from plugins.ledger.statements.printed import Printed
from sandbox.printer.child import NICENESS
from sandbox.printer.printer import COMMAND, Printer
from sandbox.printer.statement_pdf import render_statement
from tests.harness.patience import PATIENCE_SECONDS
from tests.unit.sandbox.printer.test_statement_pdf import entry, printed

ROOT = Path(__file__).parents[4]
ONE = printed(entry(1))
DIES = "sys.stdin.buffer.read(1)"
WAITS = "sys.stdin.buffer.read()"
MEANWHILE = "sys.stdin.buffer.read(4); print(1, file=open(sys.argv[1], 'w')); sys.stdin.buffer.read()"
SAYS_ITS_NAMES = """
sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(4), "big"))
import os
names = ",".join(os.environ).encode()
sys.stdout.buffer.write(len(names).to_bytes(4, "big") + names)
"""
SERVER = """
import asyncio, sys
from sandbox.printer.printer import Printer
from tests.unit.sandbox.printer.test_printer import ONE, of
async def serve():
    printer = Printer()
    await printer.print(of(ONE))
    print("printed", flush=True)
    await asyncio.Event().wait()
asyncio.run(serve())
"""


def of(document: Printed | None):
    async def load() -> Printed | None:
        return document

    return load


def first(code: str, marker: Path) -> tuple[str, ...]:
    """Starts a process that does `code`; every later one prints."""
    choose = f"""
import pathlib, sys
from sandbox.printer import child
marker = pathlib.Path(sys.argv[1] + ".first")
if marker.exists():
    child.main()
else:
    marker.touch()
    {code}
"""
    return (sys.executable, "-c", choose, str(marker))


async def test_a_statement_is_printed_in_a_process_of_low_priority():
    printer = Printer()
    assert await printer.print(of(ONE)) == render_statement(ONE)
    process = printer._process
    assert process.pid != os.getpid()
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
    assert os.getsid(process.pid) == os.getsid(0), "where sessions share the processor equally, it is low within the server's own"
    assert os.getpgid(process.pid) == process.pid, "Ctrl-C does not reach it"
    assert await printer.print(of(ONE)) == render_statement(ONE)
    assert printer._process is process
    await printer.close()
    assert process.returncode is not None


def test_prints_on_the_event_loop_that_serves():
    async def once() -> bytes | None:
        printer = Printer()
        try:
            return await printer.print(of(ONE))
        finally:
            await printer.close()

    assert uvloop.run(once()) == render_statement(ONE)


async def test_what_is_not_there_or_too_large_is_no_file():
    printer = Printer()
    assert await printer.print(of(None)) is None
    assert printer._process is None
    empty = Printer((sys.executable, "-c", "import sys; sys.stdout.buffer.write(bytes(4)); sys.stdin.buffer.read()"))
    assert await empty.print(of(ONE)) is None
    await empty.close()


async def test_a_printer_that_dies_is_replaced_and_its_caller_refused(tmp_path):
    printer = Printer(first(DIES, tmp_path / "printer"))
    with pytest.raises(UpstreamTimedOut):
        await printer.print(of(ONE))
    assert await printer.print(of(ONE)) == render_statement(ONE)
    printer._process.kill()
    await printer._process.wait()
    assert await printer.print(of(ONE)) == render_statement(ONE), "one that died between two statements costs no caller anything"
    await printer.close()


async def test_a_printer_that_does_not_start_refuses_its_caller():
    with pytest.raises(UpstreamTimedOut):
        await Printer(("/nowhere/python",)).print(of(ONE))


async def test_a_printer_that_is_late_is_killed_and_its_caller_refused():
    printer = Printer((sys.executable, "-c", f"import sys; {WAITS}"), seconds_max=0.2)
    with pytest.raises(UpstreamTimedOut):
        await printer.print(of(ONE))
    assert printer._process is None


async def test_a_printer_that_is_late_while_it_starts_is_killed():
    """Its time runs out while the process begins: what has half begun would otherwise stay."""
    begun: list[Process] = []

    class Slow(Printer):
        async def _start(self) -> Process:
            call.cancel()
            begun.append(await super()._start())
            return begun[0]

    printer = Slow((sys.executable, "-c", f"import sys; {WAITS}"))
    call = asyncio.create_task(printer.print(of(ONE)))
    with pytest.raises(asyncio.CancelledError):
        await call
    assert begun[0].returncode == -signal.SIGKILL


async def test_a_printer_whose_caller_has_gone_is_killed_and_replaced(tmp_path):
    begun = tmp_path / "printer"
    os.mkfifo(begun)
    printer = Printer(first(MEANWHILE, begun))
    call = asyncio.create_task(printer.print(of(ONE)))
    assert await asyncio.to_thread(begun.read_text) == "1\n"
    process = printer._process
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert process.returncode == -signal.SIGKILL
    assert await printer.print(of(ONE)) == render_statement(ONE)
    await printer.close()


async def test_statements_are_loaded_and_printed_one_at_a_time():
    printer, at_once, most = Printer(), 0, 0

    async def load() -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1

    await asyncio.gather(*(printer.print(load) for _ in range(5)))
    assert most == 1


async def test_nothing_is_printed_once_the_printer_is_closed():
    printer = Printer()
    await printer.close()
    with pytest.raises(UpstreamTimedOut):
        await printer.print(of(ONE))


async def test_the_printer_ends_when_its_server_is_killed():
    """Both hold the error stream: it ends when the last of them has."""
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVER, stdout=PIPE, stderr=PIPE, cwd=ROOT)
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await server.stdout.readline() == b"printed\n"
        server.kill()
        assert await server.stderr.read() == b""
    await server.wait()


async def test_the_printer_knows_no_setting_of_the_server(monkeypatch):
    monkeypatch.setenv("PORTCULLIS_REDIS_URL", "secret")
    monkeypatch.setenv("LANG", "C")
    printer = Printer((sys.executable, "-c", f"import sys\n{SAYS_ITS_NAMES}"))
    names = (await printer.print(of(ONE))).decode().split(",")
    await printer.close()
    assert "LANG" in names
    assert "PORTCULLIS_REDIS_URL" not in names


def test_the_printer_keeps_no_socket_that_was_handed_down_to_it():
    ours, theirs = socket.socketpair()
    theirs.set_inheritable(True)
    with ours, subprocess.Popen(COMMAND, stdin=subprocess.PIPE, close_fds=False) as process:
        theirs.close()
        ours.settimeout(PATIENCE_SECONDS)
        assert ours.recv(1) == b"", "the other end is closed"
        assert process.poll() is None
        process.stdin.close()
        assert process.wait() == 0


def test_the_printer_loads_only_what_it_prints_with():
    code = "import sys, sandbox.printer.child; print(*sorted(name for name in sys.modules if '.' not in name))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {"aiohttp", "asyncio", "asyncpg", "cryptography", "gateway", "openapi", "sqlalchemy", "structlog"}
    assert not heavy & set(done.stdout.split())
