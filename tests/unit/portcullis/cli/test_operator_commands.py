"""Commands with `--config FILE`: through the production server of this machine, or without one, and never behind one's back."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import aiohttp
import msgspec
import pytest

from consent.authorization.keys.ring import KeyRing
from kernel.clock import SystemClock
from kernel.http.server.listener import serve
from portcullis.cli.control_client import ServerRefused
from portcullis.cli.operator_commands import command_server
from portcullis.compose.composition import Composition, compose
from portcullis.compose.keys.sealing_keys import ensure_sealing_keys
from portcullis.serving.exclusive import server_lock
from portcullis.serving.listeners import refuse_ops
from portcullis.serving.ops.surface import ops_of
from portcullis.serving.production import open_parts
from portcullis.settings.schema import CodeSenderSettings, Settings, TlsSettings
from sandbox.authority.pki import TestPki
from tests.harness.damage.records import park_event
from tests.harness.keys import key_pool
from tests.harness.server import free_ports


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    ensure_sealing_keys(tmp_path / "sealing.keys")
    [port] = free_ports(1)
    sender = CodeSenderSettings(url="https://messages.bank", token="t")
    authorities = TestPki.open(tmp_path / "pki", SystemClock()).ca_path
    tls = TlsSettings(certificate=tmp_path, private_key=tmp_path, client_authorities=authorities)
    return Settings(database_url=database_url, sealing_keys=tmp_path / "sealing.keys", code_sender=sender, ops_port=port, tls=tls)


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each server of a test would make its own, for seconds."""
    monkeypatch.setattr("portcullis.compose.composition.KeyRing", partial(KeyRing, generate=key_pool()))


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Composition]:
    """A production server with its operations port alone."""
    async with AsyncExitStack() as stack:
        parts = await open_parts(stack, settings)
        composition = await stack.enter_async_context(compose(parts))
        ops = ops_of(parts, composition)
        await stack.enter_async_context(
            serve(ops.handle, refuse=refuse_ops, host="127.0.0.1", port=settings.ops_port, ssl_context=None, listener="public")
        )  # fmt: skip
        yield composition


async def test_a_running_server_carries_it_out_itself(settings: Settings):
    """So that it signs with the new keys from the answer on, and not from when it next looks."""
    async with running(settings) as composition:
        ring = composition.services.keys
        before = {key["kid"] for key in ring.document("main")["keys"]}
        assert await command_server(settings, "/keys/rotate", "") == {"main": 2}
        assert ring.version("main") == 2
        assert before.isdisjoint(key["kid"] for key in ring.document("main")["keys"])
        assert await command_server(settings, "/keys/publish", "main") == {"main": 3}
        with pytest.raises(ServerRefused, match="no such brand"):
            await command_server(settings, "/keys/rotate", "stranger")


async def test_a_rotation_that_does_not_come_to_pass_would_be_seen(settings: Settings):
    metrics = f"http://127.0.0.1:{settings.ops_port}/metrics"
    async with running(settings), aiohttp.ClientSession() as session, session.get(metrics) as answer:
        shown = await answer.text()
    (age,) = re.findall(r'^portcullis_signing_key_age_seconds\{brand="main"\} (\S+)$', shown, re.MULTILINE)
    assert 0 <= float(age) < 60


async def test_a_command_with_other_sealing_keys_is_refused(settings: Settings, tmp_path: Path):
    ensure_sealing_keys(tmp_path / "other.keys")
    stranger = msgspec.structs.replace(settings, sealing_keys=tmp_path / "other.keys")
    async with running(settings) as composition:
        with pytest.raises(ServerRefused, match="signed"):
            await command_server(stranger, "/keys/rotate", "")
        assert composition.services.keys.version("main") == 1


async def test_where_no_server_runs_the_command_changes_the_database_itself(settings: Settings):
    async with running(settings) as composition:
        before = composition.services.keys.document("main")
    assert await command_server(settings, "/keys/rotate", "") == {"main": 2}
    async with running(settings) as composition:
        after = composition.services.keys
        assert after.version("main") == 2
        assert {key["kid"] for key in before["keys"]}.isdisjoint(key["kid"] for key in after.document("main")["keys"])


async def test_a_server_that_does_not_answer_here_is_not_gone_behind(settings: Settings):
    """One server alone keeps what it knows in its own memory: it would never hear of the change."""
    async with server_lock(settings.database(), alone=True):
        with pytest.raises(ServerRefused, match="run the command where it runs"):
            await command_server(settings, "/keys/rotate", "")


async def test_parked_events_are_listed_and_released(settings: Settings):
    """What follows the path of a command is signed with it, so that no one changes whose events go on."""
    async with running(settings) as composition:
        for aggregate_id in ("c 1&sink=other", "c-2"):
            await park_event(composition.services.database, aggregate_id, datetime(2026, 7, 1, tzinfo=UTC))
        listed = (await command_server(settings, "/events/parked", "", {"sink": ""}))["main"]
        assert [(each["aggregate_id"], each["event_id"], each["reason"]) for each in listed] == [
            ("c 1&sink=other", "e-c 1&sink=other", "status 422"),
            ("c-2", "e-c-2", "status 422"),
        ]
        assert await command_server(settings, "/events/parked", "main", {"sink": "other"}) == {"main": []}
        with pytest.raises(ServerRefused, match="Name the sink"):
            await command_server(settings, "/events/release", "")
        one = {"sink": "warehouse", "aggregate": "c 1&sink=other"}
        assert await command_server(settings, "/events/release", "", one) == {"main": 1}
        assert await command_server(settings, "/events/release", "", {"sink": "warehouse"}) == {"main": 1}
        assert await command_server(settings, "/events/parked", "") == {"main": []}
