"""Real servers for the contract suites: a Valkey that may be killed, stopped and started again from its last dump."""

from collections.abc import Iterator

import pytest

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
