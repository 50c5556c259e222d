"""The ground of the contract suites: the books of every upstream, and a real Valkey that may be killed, stopped and started again
from its last dump."""

from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.harness.databases import Databases, migrate
from tests.harness.payment_banks import PAYMENT_BANKS, PaymentsBank
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


@pytest.fixture(params=PAYMENT_BANKS)
async def bank(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> AsyncIterator[PaymentsBank]:
    """Each payments upstream, without any account."""
    open_bank, kind = PAYMENT_BANKS[request.param]
    with databases.database(kind, tmp_path, migrate) if kind else nullcontext("") as url:
        async with open_bank(url) as bank:
            yield bank
