"""The sites on which the request path is measured: a sandbox on either database, its bank within or over HTTP, and bare servers.

A bank over HTTP is replayed (replayed_bank.py), so that a server is measured at full load and the bank's own work is not.
"""

import json
import os
import secrets
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.processes import tree_seconds
from bench.request_path.load import HOST
from kernel.clock import SystemClock
from sandbox.authority.pki import TestPki
from sandbox.tpp_kit.answers import expect
from sandbox.tpp_kit.folder import load_folder
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.tpp import Tpp
from tests.harness.forked import run_command
from tests.harness.installations import BANK_WITHIN, Installations
from tests.harness.patience import PATIENCE_SECONDS
from tests.harness.scratch import use_memory
from tests.harness.server import Server, free_ports

HEAVY_TRANSACTIONS = 100_000
ES256_TPP = "esker"  # signs its assertions so; the ready-made ones use PS256
CONFIGURATION = """[rates]
requests = 1_000_000_000
unknown_per_minute = 1_000_000_000
first_uses = 10_000_000
lodgements_per_day = 10_000_000
unattended_per_day = 10_000_000
"""  # else a bench would measure refusals; each limit is asked about as ever


@dataclass(frozen=True, slots=True)
class Site:
    """A server that is ready. `database_pid` is that of PostgreSQL, where it is one."""

    server: Server
    database_pid: int | None = None

    @property
    def pid(self) -> int:
        assert self.server.process is not None
        return self.server.process.pid

    @property
    def mtls_port(self) -> int:
        return self.server.ports[1]

    @property
    def host(self) -> str:
        return self.server.mtls.removeprefix("https://")

    @property
    def resource_base(self) -> str:
        return load_folder(self.server.state_dir / "tpps" / "acme").resource_base

    def seconds(self) -> dict[str, float]:
        """CPU by process, all of its children included."""
        parts = {"server": self.pid}
        if self.server.valkey is not None:
            parts["hot_state"] = self.server.valkey.pid
        if self.database_pid is not None:
            parts["database"] = self.database_pid
        return {part: tree_seconds(pid) for part, pid in parts.items()}

    def tpp(self, name: str = "acme") -> Tpp:
        return Tpp.from_folder(self.server.state_dir / "tpps" / name)

    def context(self, name: str = "acme") -> ssl.SSLContext:
        """Of a client that shows the TPP's certificate."""
        folder = self.server.state_dir / "tpps" / name
        context = ssl.create_default_context(cafile=str(self.server.state_dir / "pki" / "ca.pem"))
        context.load_cert_chain(folder / "transport.pem", folder / "transport.key")
        return context


PERMISSIONS = (
    *("ReadAccountsDetail", "ReadBalances", "ReadTransactionsDetail", "ReadTransactionsCredits", "ReadTransactionsDebits"),
    *("ReadStatementsDetail", "ReadStatementsBasic"),
)
ATTENDED = Knobs(headers={"x-fapi-customer-ip-address": "192.0.2.7"})


@dataclass(frozen=True, slots=True)
class Granted:
    """A customer's consent at a site: its access token, and the accounts that it is for."""

    token: str
    account_ids: list[str]


async def grant(site: Site, persona: str, tpp_name: str = "acme") -> Granted:
    """The whole journey, decided by the control API."""
    async with site.tpp(tpp_name) as tpp:
        lodged = await tpp.lodge_account_consent([*PERMISSIONS])
        pushed = await tpp.push_authorization_request(lodged.id)
        await approve(tpp, lodged.id, persona)
        token = (await tpp.redeem(await tpp.authorize_without_page(pushed), pushed)).access_token
        accounts = expect(200, "accounts", await tpp.get("/accounts", token, knobs=ATTENDED))
        return Granted(token, [each["AccountId"] for each in accounts["Data"]["Account"]])


async def approve(tpp: Tpp, consent_id: str, persona: str) -> None:
    url, headers = f"{tpp.folder.issuer}/sandbox/consents/{consent_id}/approve", {"Content-Type": "application/json"}
    body = json.dumps({"persona": persona}).encode()
    expect(200, "decision", await tpp.wire.call("POST", url, certificate="none", headers=headers, body=body))


@dataclass(frozen=True, slots=True)
class Ground:
    """Makes sites. `installations` starts each from a copy of a bank that is made once."""

    folder: Path
    installations: Installations
    database_pid: int

    @classmethod
    @contextmanager
    def opened(cls, postgresql: Callable[[], str], database_pid: int, *, trades: int = HEAVY_TRANSACTIONS) -> Iterator["Ground"]:
        use_memory()
        with tempfile.TemporaryDirectory(prefix="portcullis-bench-") as name:
            folder = Path(name)
            folder.chmod(0o755)
            made = Installations(folder, lambda part: Path(tempfile.mkdtemp(prefix=part, dir=folder)), postgresql, trades=trades)
            yield cls(folder, made, database_pid)

    @contextmanager
    def site(self, kind: str, *, over_http: bool, configuration: str = CONFIGURATION, by_hand: bool = False) -> Iterator[Site]:
        """`kind` is EMBEDDED or BANK_WITHIN: SQLite with the hot state in memory, or PostgreSQL with Valkey."""
        with ExitStack() as stack:
            server = stack.enter_context(self.installations.installation(kind))
            settings = server.state_dir / "bench.toml"
            settings.write_text(configuration)
            server.arguments = ("sandbox", "--config", str(settings))
            server.by_hand = by_hand
            if over_http:
                server.environment |= stack.enter_context(_replayed_bank(server))
            server.start()
            stack.callback(server.stop)
            _ensure_es256_tpp(server)
            yield Site(server, self.database_pid if kind == BANK_WITHIN else None)


def _ensure_es256_tpp(server: Server) -> None:
    """Through the command of a developer, as any other TPP."""
    public, _, _ = server.ports
    own = {"PORTCULLIS_STATE_DIR": str(server.state_dir), "PORTCULLIS_PUBLIC_PORT": str(public)}
    words = ("tpp", "new", ES256_TPP, "--roles", "AISP", "--alg", "ES256")
    made = run_command(words, {**_plain_environment(), **server.environment, **own})
    assert made.returncode == 0, made.stderr


def _plain_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PORTCULLIS_")}


@contextmanager
def _replayed_bank(server: Server) -> Iterator[Mapping[str, str]]:
    """The settings that name it."""
    bank_port, port = free_ports(2)
    token = secrets.token_urlsafe(32)
    own = {
        "PORTCULLIS_STATE_DIR": str(server.state_dir),
        "PORTCULLIS_CORE_BANK_PORT": str(bank_port),
        "PORTCULLIS_CORE_BANK_TOKEN": token,
    }
    with (
        process([sys.executable, "-m", "portcullis", "core-bank", "serve"], bank_port, server.environment | own),
        process([sys.executable, "-m", "bench.request_path.replayed_bank", str(port), str(bank_port)], port),
    ):
        yield {
            "PORTCULLIS_UPSTREAM": "core_bank",
            "PORTCULLIS_CORE_BANK_URL": f"http://{HOST}:{port}/core-bank/v1",
            "PORTCULLIS_CORE_BANK_TOKEN": token,
        }


@contextmanager
def bare_server(site: Site, url: str | None = None, token: str = "") -> Iterator[tuple[int, int]]:
    """Its pid and port: a bare server with the site's certificate authority; with a URL, a proxy to it (bare.py)."""
    (port,) = free_ports(1)
    pki = site.server.state_dir / "pki"
    identity = TestPki.open(pki, SystemClock()).ensure_server()
    words = [str(port), str(identity.certificate), str(identity.key), str(pki / "ca.pem"), *([url, token] if url else [])]
    with process([sys.executable, "-m", "bench.request_path.bare", *words], port) as started:
        yield started.pid, port


@contextmanager
def process(command: list[str], port: int, environment: Mapping[str, str] | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    """Listening on the port while the context is open."""
    with subprocess.Popen(command, env={**_plain_environment(), **(environment or {})}, stdout=subprocess.DEVNULL) as started:
        try:
            _await_listener(port, started)
            yield started
        finally:
            started.terminate()
            with suppress(subprocess.TimeoutExpired):
                started.wait(PATIENCE_SECONDS)


def _await_listener(port: int, started: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if started.poll() is not None:
            raise AssertionError(f"{started.args!r} ended with {started.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"{started.args!r} does not listen on {port}")
