"""Commands with `--config FILE`: through the production server of this machine, or without one, and never behind one's back."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from consent.authorization.keys.ring import KeyRing
from kernel.clock import SystemClock
from kernel.http.server.listener import serve
from kernel.jose.jwt import generate_key
from portcullis.cli.control_client import ServerRefused
from portcullis.cli.operator_commands import NOTHING, Asked, Signer, act_on_server, command_server
from portcullis.compose.composition import Composition, compose
from portcullis.compose.contexts import upgrade_all
from portcullis.compose.keys.operator_keys import operator_of
from portcullis.compose.keys.sealing_keys import ensure_sealing_keys
from portcullis.serving.exclusive import server_lock
from portcullis.serving.listeners import refuse_ops
from portcullis.serving.ops.surface import ops_of
from portcullis.serving.production import open_parts
from portcullis.settings.schema import BrandSettings, CodeSenderSettings, Settings, TlsSettings
from sandbox.authority.pki import TestPki
from tests.harness.damage.records import park_event
from tests.harness.databases import KINDS, Databases
from tests.harness.keys import key_pool
from tests.harness.server import free_ports
from tests.world.notices import ACME, NoticesWorld, room_of

ANN = Signer(name="ann", key=generate_key("EdDSA"))
MAIN = BrandSettings(name="main", display_name="Bank", issuer="https://bank.example", mtls_url="https://mtls.bank.example")


async def act(settings: Settings, path: str, brand: str = "", asked: Asked = NOTHING, document: bytes = b"") -> dict[str, Any]:
    return await act_on_server(settings, path, brand, asked, signer=ANN, document=document)


async def migrate_production(url: str) -> None:
    """Once for all tests: each server would take longer to make its tables than to do what it is asked."""
    await upgrade_all(url, sandbox=False)


@pytest.fixture(params=KINDS)
def production_url(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[str]:
    with databases.database(request.param, tmp_path, migrate_production) as url:
        yield url


@pytest.fixture
def settings(production_url: str, tmp_path: Path) -> Settings:
    ensure_sealing_keys(tmp_path / "sealing.keys")
    [port] = free_ports(1)
    sender = CodeSenderSettings(url="https://messages.bank", token="t")
    authorities = TestPki.open(tmp_path / "pki", SystemClock()).ca_path
    tls = TlsSettings(certificate=tmp_path, private_key=tmp_path, client_authorities=authorities)
    made = Settings(
        database_url=production_url,
        sealing_keys=tmp_path / "sealing.keys",
        code_sender=sender,
        ops_port=port,
        tls=tls,
        brands=(MAIN,),
    )
    return msgspec.structs.replace(made, operators=(operator_of("ann", ANN.key),))


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


async def test_where_no_server_runs_an_operator_is_judged_all_the_same(settings: Settings):
    """Without the key that the configuration names, or where it names none, nothing is carried out."""
    async with running(settings) as composition:
        await park_event(composition.services.database, "c-1", datetime(2026, 7, 1, tzinfo=UTC))
    sink = {"sink": "warehouse"}
    stranger = Signer(name="ann", key=generate_key("EdDSA"))
    with pytest.raises(ServerRefused, match="not signed by an operator"):
        await act_on_server(settings, "/events/release", "", sink, signer=stranger)
    with pytest.raises(ServerRefused, match="portcullis operators key"):
        await act(msgspec.structs.replace(settings, operators=()), "/events/release", "", sink)
    assert await act(settings, "/events/release", "", sink) == {"main": 1}


async def test_an_operator_needs_no_sealing_keys_while_a_server_runs(settings: Settings, tmp_path: Path):
    own = msgspec.structs.replace(settings, sealing_keys=tmp_path / "none.keys", database_url="sqlite:////nowhere/at/all.db")
    async with running(settings):
        assert await act(own, "/events/release", "", {"sink": "warehouse"}) == {"main": 0}


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
            await act(settings, "/events/release", "")
        one = {"sink": "warehouse", "aggregate": "c 1&sink=other"}
        assert await act(settings, "/events/release", "", one) == {"main": 1}
        assert await act(settings, "/events/release", "", {"sink": "warehouse"}) == {"main": 1}
        assert await command_server(settings, "/events/parked", "") == {"main": []}


async def test_a_sink_that_is_gone_is_forgotten(settings: Settings):
    async with running(settings) as composition:
        await park_event(composition.services.database, "c-1", datetime(2026, 7, 1, tzinfo=UTC))
        with pytest.raises(ServerRefused, match="registered are: warehouse"):
            await act(settings, "/events/forget", "", {"sink": "warehause"})
        assert await act(settings, "/events/forget", "", {"sink": "warehouse"}) == {"main": 1}
        assert await command_server(settings, "/events/parked", "") == {"main": []}


async def test_notices_are_sent_to_a_client_again(settings: Settings):
    """One that has subscribed; how far a person may go back is bounded by what is kept."""
    async with running(settings) as composition:
        services = composition.services
        made = NoticesWorld(room=room_of(services.commands, services.clock, services.ids), clock=services.clock)
        asked = {"client": ACME, "hours": "1"}
        assert await act(settings, "/events/resend", "", asked) == {"main": None}
        await made.subscribe()
        notice_id = await made.happen()
        await made.poll(acknowledged=(notice_id,))
        assert await made.pending() == []
        assert await act(settings, "/events/resend", "", asked) == {"main": 1}
        assert await made.pending() == [notice_id]
        for wrong in ({"client": ""}, {"client": ACME, "hours": "169"}, {"client": ACME, "hours": "-1"}):
            with pytest.raises(ServerRefused, match="Name the client, and 0 to 168 hours"):
                await act(settings, "/events/resend", "", wrong)
