"""`portcullis config check --connect`: what can be tried is tried, nothing is changed, and each failure is one line under its key."""

import asyncio
import io
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rich.console import Console

from kernel.clock import SystemClock
from kernel.http.handshake import shake_hands
from kernel.http.tls import public_context
from kernel.storage.database import Database
from portcullis.cli.configuration.check_report import report_check
from portcullis.compose.contexts import upgrade_contexts
from portcullis.safety import trials
from portcullis.settings.schema import CodeSenderSettings, DirectorySettings, Settings
from sandbox.authority.pki import TestPki
from tests.harness.patience import PATIENCE_SECONDS
from tests.harness.server import free_ports
from tests.harness.valkey import Valkey, started_valkey
from tests.unit.portcullis.safety.installed import installed


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with started_valkey() as valkey:
        yield valkey


@pytest.fixture
def closed() -> str:
    """An address without a listener."""
    return f"127.0.0.1:{free_ports(1)[0]}"


def ports() -> dict[str, int]:
    return dict(zip(("public_port", "mtls_port", "ops_port"), free_ports(3), strict=True))


async def verdicts(settings: Settings) -> dict[str, list[str]]:
    """The finding of each trial."""
    return {name: [str(finding) for finding in found] async for name, found in trials.run_trials(settings)}


async def test_a_database_of_no_one_or_of_production_works_and_stays_as_it_was(tmp_path: Path, database_url: str):
    settings = installed(tmp_path, database_url=database_url)
    assert await trials.try_database(settings) == []
    async with Database.open(database_url) as database, database.read() as connection:
        assert await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()) == []


async def test_a_database_file_is_not_made(tmp_path: Path):
    file = tmp_path / "new.db"
    assert await trials.try_database(installed(tmp_path, database_url=f"sqlite:///{file}")) == []
    assert not file.exists()
    (finding,) = await trials.try_database(installed(tmp_path, database_url=f"sqlite:///{tmp_path}/none/new.db"))
    assert finding.refuses


async def test_a_sandboxs_database_an_absent_one_and_a_wrong_name_are_each_one_line(
    tmp_path: Path, postgresql_url: str, closed: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(trials, "TRIALS", trials.TRIALS[:1])
    async with Database.open(postgresql_url) as database:
        await upgrade_contexts(database, sandbox=True)
    for url, said in (
        (postgresql_url, "database_url: a sandbox made this database"),
        (f"postgresql://user:s3cret@{closed}/x?ssl=disable", "database_url: the server cannot be reached"),
        (str(sa.make_url(postgresql_url).set(database="no_such").render_as_string(hide_password=False)), "database_url: "),
    ):
        ((line,),) = (await verdicts(installed(tmp_path, database_url=url))).values()
        assert line.startswith(said)
        assert "s3cret" not in line
        assert "\n" not in line


async def test_each_server_that_does_not_answer_is_named(tmp_path: Path, sqlite_url: str, closed: str):
    settings = installed(
        tmp_path,
        database_url=sqlite_url,
        redis_url=f"redis://{closed}/0",
        upstream="core_bank",
        core_bank_url=f"http://{closed}/core-bank/v1",
        core_bank_token="a token that is long enough",
        code_sender=CodeSenderSettings(url=f"https://{closed}/codes", token="a token that is long enough"),
        directories=(DirectorySettings(issuer="directory", jwks_uri=f"https://{closed}/jwks"),),
        outbound_hosts=(closed,),
        **ports(),
    )
    found = await verdicts(settings)
    assert {name: [line.partition(":")[0] for line in lines] for name, lines in found.items()} == {
        "database": [],
        "hot state": ["redis_url"],
        "key store": [],
        "core bank": ["core_bank_url"],
        "code sender": ["code_sender.url"],
        "directories": ["directories"],
        "sinks": [],
        "ports": [],
        "certificate": ["tls.certificate"],  # this machine does not know a test's authority
    }


async def test_a_hot_state_that_may_evict_is_refused(tmp_path: Path, valkey: Valkey):
    settings = installed(tmp_path, redis_url=valkey.url)
    client = valkey.client()
    policy = client.config_get("maxmemory-policy")["maxmemory-policy"]
    client.config_set("maxmemory-policy", "noeviction")
    assert await trials.try_hot_state(settings) == []
    client.config_set("maxmemory-policy", "allkeys-lru")
    (finding,) = await trials.try_hot_state(settings)
    client.config_set("maxmemory-policy", policy)
    assert (finding.key, finding.refuses) == ("redis_url", True)


async def test_a_taken_port_is_named(tmp_path: Path, sqlite_url: str):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free = ports() | {"mtls_port": taken.getsockname()[1]}
        found = await verdicts(installed(tmp_path, database_url=sqlite_url, **free))
    assert "mtls_port" in found["ports"][0]


async def test_a_trial_that_gets_no_answer_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def wait(_settings: Settings) -> list[Any]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(trials, "TRIALS", (("database", "database_url", wait),))
    monkeypatch.setattr(trials, "TRIAL_SECONDS_MAX", 0.01)
    assert await verdicts(installed(tmp_path)) == {"database": ["database_url: no answer within 0 s"]}


async def test_the_report_says_what_fails_and_whether_a_server_would_start(tmp_path: Path, sqlite_url: str, closed: str):
    file = tmp_path / "portcullis.toml"
    file.touch(0o600)

    async def report(*, connect: bool, **changes: Any) -> tuple[bool, str]:
        console = Console(file=io.StringIO(), width=400)
        usable = await report_check(console, installed(tmp_path, **changes), file, connect=connect)
        return usable, console.file.getvalue()

    assert await report(connect=False) == (
        True,
        "main  https://auth.example.bank  https://tpp.api.example.bank  uk_obie/v4.0, berlin_group/v1.3\nthe configuration is usable\n",
    )
    usable, said = await report(connect=False, redis_url="redis://hot.internal/0")
    assert not usable
    assert said.startswith("refused  redis_url: must be rediss://")
    usable, said = await report(connect=True, database_url=f"postgresql://{closed}/x?ssl=disable", **ports())
    assert not usable
    assert "database: fails\nrefused  database_url: the server cannot be reached" in said
    assert said.endswith("a server would not start, or not work, on this configuration\n")


@pytest.mark.parametrize("names", [("auth.example.bank",), ("*.example.bank",)])
def test_a_handshake_in_memory_says_what_a_client_would(tmp_path: Path, names: tuple[str, ...]):
    pki = TestPki.open(tmp_path, SystemClock())
    server = public_context(pki.ensure_server(names))
    client = ssl.create_default_context(cafile=pki.ca_path)
    shake_hands(server, client, "auth.example.bank")
    with pytest.raises(ssl.SSLCertVerificationError, match=r"other\.bank"):
        shake_hands(server, client, "other.bank")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(server, ssl.create_default_context(), "auth.example.bank")


def test_a_server_whose_database_is_absent_says_so_in_one_line(tmp_path: Path, closed: str):
    """From outside: the command that a person types."""
    settings = installed(tmp_path)
    file = tmp_path / "portcullis.toml"
    file.write_text(f"""
database_url = "postgresql://{closed}/x"
sealing_keys = "{settings.sealing_keys}"
[tls]
certificate = "{settings.tls.certificate}"
private_key = "{settings.tls.private_key}"
client_authorities = "{settings.tls.client_authorities}"
[code_sender]
url = "https://messages.internal/codes"
token = "a token that is long enough"
[[brands]]
name = "main"
display_name = "Bank"
issuer = "https://auth.example.bank"
mtls_url = "https://tpp.api.example.bank"
""")
    file.chmod(0o600)
    command = [sys.executable, "-m", "portcullis", "serve", "--config", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("portcullis:")]
    assert "database_url: the server cannot be reached" in line
