"""A TPP command's answers before and after it asks a server."""

import asyncio
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from portcullis.cli.control_client import ServerRefused
from portcullis.cli.tpp.consent_request import Asked, ask_for_consent, describe_redirect, print_asked
from portcullis.cli.tpp.opened_tpp import client_credentials_token
from tests.harness.server import free_ports

PERSONAS = [
    {"name": "gwen", "password": "gwen-pw", "otp": None, "sca_methods": ["device"], "accounts": [{}]},
    {"name": "hugo", "password": "hugo-pw", "otp": "123456", "sca_methods": ["one_time_code"], "accounts": [{}]},
    {"name": "ivy", "password": "ivy-pw", "otp": "123456", "sca_methods": ["one_time_code"], "accounts": []},
]
ASKED = Asked(
    tpp="acme",
    consent_id="c-1",
    url="https://localhost:8443/authorize?client_id=a&request_uri=urn%3Ax",
    expires_in=90,
    redirect_uri="https://acme.tpp.test/callback",
    answer="code",
)


def test_says_where_to_go_who_can_log_in_and_where_it_ends(tmp_path):
    (tmp_path / "personas.json").write_text(json.dumps(PERSONAS))
    console = Console(file=io.StringIO(), width=80)
    print_asked(console, tmp_path, ASKED)
    said = console.file.getvalue()
    assert f"  {ASKED.url}\n" in said
    assert "gwen      password gwen-pw, a device confirms at once" in said
    assert "hugo      password hugo-pw, one-time code 123456" in said
    assert "ivy" not in said
    assert "goes to https://acme.tpp.test/callback. The name acme.tpp.test does not exist" in said


def test_a_page_that_cannot_be_reached_is_announced():
    [port] = free_ports(1)
    assert "the browser shows an error page: its address holds the answer, as [bold]code[/]." in describe_redirect(
        "https://acme.tpp.test/callback", "code"
    )
    assert "No program listens there now" in describe_redirect(f"http://localhost:{port}/callback", "code")


async def test_a_tpp_that_listens_takes_over():
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    said = await asyncio.to_thread(describe_redirect, f"http://127.0.0.1:{port}/callback", "response")
    server.close()
    await server.wait_closed()
    assert said.startswith("There your TPP takes over: its address holds the answer, as [bold]response")


@pytest.mark.parametrize(
    "command", [lambda state: client_credentials_token(state, "acme", "accounts"), lambda state: ask_for_consent(state, "acme")]
)
async def test_without_a_sandbox_says_how_to_start_one(tmp_path, monkeypatch, command):
    """And where one was looked for: the folder of the terminal may be another than it seems."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ServerRefused, match=rf"^no sandbox runs on {tmp_path}/var/sandbox: start one with `make run`"):
        await command(Path("var/sandbox"))


async def test_a_tpp_that_is_none_is_named(tmp_path):
    (tmp_path / "ready.json").write_text('{"issuer": "https://localhost:1"}')
    with pytest.raises(ServerRefused, match="portcullis tpp new my-app` makes one"):
        await ask_for_consent(tmp_path, "my-app")
