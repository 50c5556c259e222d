"""A running server of each kind, shared by the journeys of one worker, and TPPs to walk them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.harness.installations import EMBEDDED, KINDS, valkey
from tests.harness.server import Server


@pytest.fixture(scope="session")
def embedded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The embedded default: SQLite and the in-process hot state."""
    running = Server(tmp_path_factory.mktemp(EMBEDDED)).start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def production_like_server(
    tmp_path_factory: pytest.TempPathFactory, make_postgresql_database: Callable[[], AbstractContextManager[str]]
) -> Iterator[Server]:
    """PostgreSQL and Valkey."""
    state_dir = tmp_path_factory.mktemp("production-like")
    with valkey() as redis_url, make_postgresql_database() as database_url:
        running = Server(state_dir, {"PORTCULLIS_DATABASE_URL": database_url, "PORTCULLIS_REDIS_URL": redis_url}).start()
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="session", params=KINDS)
def server(request: pytest.FixtureRequest) -> Server:
    """A sandbox in a process of its own, of each kind. Journeys share it, so each makes its own consents."""
    return request.getfixturevalue("embedded_server" if request.param == EMBEDDED else "production_like_server")


@pytest.fixture
async def acme(server: Server):
    from sandbox.tpp_kit.tpp import Tpp

    async with Tpp.from_folder(server.state_dir / "tpps" / "acme") as tpp:
        yield tpp


@pytest.fixture
async def borough(server: Server):
    from sandbox.tpp_kit.tpp import Tpp

    async with Tpp.from_folder(server.state_dir / "tpps" / "borough") as tpp:
        yield tpp
