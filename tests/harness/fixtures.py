"""A running server of each kind, shared by the journeys of one worker, and TPPs to walk them."""

from collections.abc import Iterator

import pytest

from tests.harness.installations import KINDS, PRODUCTION_LIKE, valkey
from tests.harness.server import Server


@pytest.fixture(scope="session", params=KINDS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A sandbox in a process of its own. Journeys share it, so each makes its own consents."""
    state_dir = tmp_path_factory.mktemp(request.param.replace("+", "-"))
    if request.param != PRODUCTION_LIKE:
        running = Server(state_dir).start()
        try:
            yield running
        finally:
            running.stop()
        return
    make_database = request.getfixturevalue("make_postgresql_database")
    with valkey() as redis_url, make_database() as database_url:
        running = Server(state_dir, {"PORTCULLIS_DATABASE_URL": database_url, "PORTCULLIS_REDIS_URL": redis_url}).start()
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture
async def acme(server: Server):
    from sandbox.tpp_kit import Tpp

    async with Tpp.from_folder(server.state_dir / "tpps" / "acme") as tpp:
        yield tpp


@pytest.fixture
async def borough(server: Server):
    from sandbox.tpp_kit import Tpp

    async with Tpp.from_folder(server.state_dir / "tpps" / "borough") as tpp:
        yield tpp
