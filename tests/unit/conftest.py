"""The rules of every test of one part alone."""

from collections.abc import Iterator

import pytest

from tests.harness.loop_guard import never_blocking


@pytest.fixture(autouse=True)
def _loop_is_never_blocked() -> Iterator[None]:
    with never_blocking():
        yield
