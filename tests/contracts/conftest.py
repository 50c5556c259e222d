"""The ground of the contract suites: the books of every upstream, and a real Valkey that may be killed, stopped and started again
from its last dump."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.harness.upstream_books import BOOKS, Books
from tests.harness.valkey import Valkey, started_valkey


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[Valkey]:
    with started_valkey() as server:
        yield server


@pytest.fixture
def valkey(valkey_server: Valkey) -> Valkey:
    """An empty server, one for the whole run."""
    with valkey_server.client() as client:
        client.flushall()
    return valkey_server


@pytest.fixture
def mortal_valkey() -> Iterator[Valkey]:
    """A server of the test's own, to be killed."""
    with started_valkey() as server:
        yield server


@pytest.fixture(params=BOOKS)
async def books(request: pytest.FixtureRequest, migrated_url: str) -> AsyncIterator[Books]:
    """Each upstream, empty, on each kind of database."""
    async with BOOKS[request.param](migrated_url) as books:
        yield books
