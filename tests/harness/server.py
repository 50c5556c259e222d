"""A real server in a process of its own, killed as an operator fears it."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.harness.forked import Forked
from tests.harness.patience import PATIENCE_SECONDS
from tests.harness.valkey import Valkey

PORTS = (20_000, 32_000)  # below every system's range for outgoing connections


def free_ports(count: int) -> list[int]:
    """Ports without a listener right now, and that no outgoing connection is given: a server that was killed finds them free."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(*PORTS)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
        found += [port] if port not in found else []
    return found


@dataclass
class Server:
    """One `portcullis sandbox` on a state directory; it may be started, killed and started again."""

    state_dir: Path
    environment: dict[str, str] = field(default_factory=dict)
    ports: list[int] = field(default_factory=lambda: free_ports(3))
    process: Forked | subprocess.Popen[bytes] | None = None
    arguments: tuple[str, ...] = ("sandbox",)
    valkey: Valkey | None = None  # what PORTCULLIS_REDIS_URL leads to
    by_hand: bool = False  # started by the command that a user types, which takes a second longer
    module: str = "portcullis"  # whose command line that is

    def start(self) -> "Server":
        """Launched, and ready."""
        self.launch()
        self._wait_until_ready()
        return self

    def launch(self) -> None:
        """Starts a process without waiting for it."""
        public, mtls, ops = self.ports
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTCULLIS_")} | {
            "PORTCULLIS_STATE_DIR": str(self.state_dir),
            "PORTCULLIS_PUBLIC_PORT": str(public),
            "PORTCULLIS_MTLS_PORT": str(mtls),
            "PORTCULLIS_OPS_PORT": str(ops),
            **self.environment,
        }
        self.state_dir.mkdir(parents=True, exist_ok=True)
        if not self.by_hand:
            self.process = Forked(self.arguments, environment, self.state_dir / "server.log")
            return
        with (self.state_dir / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module, *self.arguments],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log()[-4000:]}")
            try:
                if self.ready["pid"] == self.process.pid:
                    return
            except (FileNotFoundError, json.JSONDecodeError):
                pass
            time.sleep(0.05)
        raise AssertionError(f"the server was not ready after {PATIENCE_SECONDS} s:\n{self.log()[-4000:]}")

    @property
    def ready(self) -> dict[str, Any]:
        return json.loads((self.state_dir / "ready.json").read_text())

    @property
    def issuer(self) -> str:
        return self.ready["issuer"]

    @property
    def mtls(self) -> str:
        return self.ready["mtls"]

    def log(self) -> str:
        return (self.state_dir / "server.log").read_text(errors="replace")

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=PATIENCE_SECONDS)

    def stop(self) -> int:
        """SIGTERM, and the exit status; nothing happens to one that was never started."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode

    @property
    def database_url(self) -> str:
        return self.environment.get("PORTCULLIS_DATABASE_URL") or f"sqlite:///{self.state_dir.resolve()}/portcullis.db"
