"""Running servers of each kind, shared by the journeys of one worker, and TPPs to walk them, every answer judged."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.harness.installations import BANK_WITHIN, EMBEDDED, KINDS, Installations
from tests.harness.judged import JudgedTpp
from tests.harness.server import Server


@pytest.fixture(scope="session")
def installations(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installations:
    """Makes installations of either kind from a bank that was seeded once for all workers."""
    root = tmp_path_factory.getbasetemp()
    return Installations(
        shared=root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root,
        make_directory=tmp_path_factory.mktemp,
        postgresql=lambda: request.getfixturevalue("postgresql_admin"),
    )


@pytest.fixture(scope="session", params=KINDS)
def server(request: pytest.FixtureRequest, installations: Installations) -> Iterator[Server]:
    """A sandbox in a process of its own. Journeys share it, so each makes its own consents and leaves the clock alone."""
    ensure_postgresql(request)
    with installations.installation(request.param) as installation:
        yield installation.start()


@pytest.fixture(scope="session")
def embedded_server(installations: Installations) -> Iterator[Server]:
    """A sandbox on the embedded default, for what does not depend on the kind."""
    with installations.installation(EMBEDDED) as installation:
        yield installation.start()


@pytest.fixture(params=KINDS)
def own_server(request: pytest.FixtureRequest, installations: Installations) -> Iterator[Server]:
    """A sandbox of the test's own: to be killed, to have its clock moved, to be guessed at. Started."""
    ensure_postgresql(request)
    with installations.installation(request.param) as installation:
        yield installation.start()


@pytest.fixture(scope="session", params=(EMBEDDED, BANK_WITHIN))
def mortal_server(request: pytest.FixtureRequest, installations: Installations) -> Iterator[Server]:
    """A sandbox that tests may kill as long as they start it again; shared by those who do."""
    ensure_postgresql(request)
    with installations.installation(request.param) as installation:
        yield installation.start()


def ensure_postgresql(request: pytest.FixtureRequest) -> None:
    """Ask for PostgreSQL in the name of what needs it, so that it outlives them."""
    if request.param.startswith("postgresql"):
        request.getfixturevalue("postgresql_admin")


@pytest.fixture
async def acme(server: Server) -> AsyncIterator[JudgedTpp]:
    async with JudgedTpp.of(server, "acme") as tpp:
        yield tpp


@pytest.fixture
async def borough(server: Server) -> AsyncIterator[JudgedTpp]:
    async with JudgedTpp.of(server, "borough") as tpp:
        yield tpp
