"""The command line changes the TPPs and the customers of a running sandbox, as a developer types it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from kernel.config import ConfigurationRefused
from portcullis.cli.app import app
from portcullis.cli.control_client import ServerRefused
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.tpp import Tpp
from tests.harness.forms import Browser

PRESENT = Knobs(headers={"x-fapi-customer-ip-address": "192.0.2.7"})
Type = Callable[..., tuple[str, str]]


@pytest.fixture
def type_in(server: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """Type a command; what it printed on standard output and on standard error."""
    monkeypatch.setenv("PORTCULLIS_STATE_DIR", str(server.state_dir))

    def typed(*words: str) -> tuple[str, str]:
        capsys.readouterr()
        app(list(words), exit_on_error=False, result_action="return_value")
        said = capsys.readouterr()
        return said.out, said.err

    return typed


def read(server: Any, name: str, token: str) -> tuple[int, Any]:
    async def call() -> tuple[int, Any]:
        async with Tpp.from_folder(server.state_dir / "tpps" / name) as tpp:
            answer = await tpp.get("/accounts", token, knobs=PRESENT)
            return answer.status, answer.json() if answer.body else None

    return asyncio.run(call())


def test_one_command_gives_a_token_of_a_customer(server, type_in):
    """Alone on standard output, so that a shell can use it."""
    out, err = type_in("tpp", "token", "acme", "--persona", "alice")
    token = out.strip()
    assert "\n" not in token
    assert "alice agreed" in err
    status, answer = read(server, "acme", token)
    assert status == 200
    assert len(answer["Data"]["Account"]) > 1


def test_a_customers_token_may_be_for_less(server, type_in):
    words = ("--account", "Rainy day", "--permission", "ReadAccountsBasic")
    out, _ = type_in("tpp", "token", "acme", "--persona", "alice", *words)
    _, answer = read(server, "acme", out.strip())
    [account] = answer["Data"]["Account"]
    assert account["Nickname"] == "Rainy day"
    assert "Account" not in account, "ReadAccountsBasic shows no number"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("acme", "--persona", "stranger"), "There is no such persona"),
        (("acme", "--persona", "dave"), "has no account for this"),
        (("acme", "--persona", "alice", "--account", "None"), "there are 'Bills and spending'"),
        (("stranger", "--persona", "alice"), "there is no TPP called stranger"),
    ],
)
def test_a_token_that_cannot_be_had_says_why(type_in, words, reason):
    with pytest.raises(ServerRefused, match=reason):
        type_in("tpp", "token", *words)
    with pytest.raises(ConfigurationRefused, match="--persona"):
        type_in("tpp", "token", "acme", "--account", "x")


def test_a_tpp_is_listed_shown_changed_and_ended(server, type_in):
    """What it is changed to stays over the next start, and its end takes tokens, consents and its other clients along."""
    type_in("tpp", "new", "short-lived", "--redirect-uri", "http://localhost:3000/callback")
    listed, _ = type_in("tpp", "list")
    assert "short-lived" in listed
    assert "acme" in listed
    type_in("tpp", "set", "short-lived", "--redirect-uri", "http://localhost:4000/a", "--roles", "AISP")
    shown = json.loads(type_in("tpp", "show", "short-lived", "--json")[0])
    assert (shown["redirect_uris"], shown["roles"]) == (["http://localhost:4000/a"], ["AISP"])
    assert shown["scope"].split()[:2] == ["openid", "accounts"]
    registered = asyncio.run(register(server, "short-lived"))
    token = type_in("tpp", "token", "short-lived", "--persona", "alice")[0].strip()
    others = type_in("tpp", "token", "acme", "--persona", "alice")[0].strip()
    assert read(server, "short-lived", token)[0] == 200
    shown = json.loads(type_in("tpp", "show", "short-lived", "--json")[0])
    assert registered in shown["clients"]
    assert shown["consents"] == 1
    said, _ = type_in("tpp", "delete", "short-lived")
    assert "with 2 clients, 1 consent and every token" in said
    assert not (server.state_dir / "tpps" / "short-lived").exists()
    assert read(server, "acme", others)[0] == 200
    with pytest.raises(ServerRefused, match="no TPP of this name"):
        type_in("tpp", "show", "short-lived")


def test_a_change_of_nothing_is_refused_and_says_how_to_name_one(type_in):
    with pytest.raises(ConfigurationRefused, match="name what is to change"):
        type_in("tpp", "set", "acme")


def test_a_document_names_the_address_of_the_sandbox_that_runs(server, type_in, monkeypatch):
    """As every other command, without the ports of the other terminal; unless the settings name an address."""
    out, _ = type_in("openapi", "berlin_group/v1.3")
    assert json.loads(out)["servers"][0]["variables"]["host"]["default"] == urlsplit(server.ready["mtls"]).netloc
    monkeypatch.setenv("PORTCULLIS_MTLS_URL", "https://api.bank.example")
    out, _ = type_in("openapi", "berlin_group/v1.3")
    assert "api.bank.example" in out


async def register(server: Any, name: str) -> str:
    """A client that the TPP registers itself."""
    async with Tpp.from_folder(server.state_dir / "tpps" / name) as tpp:
        body = {
            "software_statement": (server.state_dir / "tpps" / name / "software_statement.jwt").read_text(),
            "redirect_uris": ["http://localhost:4000/a"],
        }
        answer = await tpp.wire.call(
            "POST",
            f"{tpp.folder.mtls}/register",
            certificate="own",
            headers={"Content-Type": "application/json"},
            body=json.dumps(body).encode(),
        )
        return str(answer.json()["client_id"])


def test_an_ended_tpps_token_opens_nothing(server, type_in, tmp_path):
    type_in("tpp", "new", "ended", "--out", str(tmp_path / "copy"))
    token = type_in("tpp", "token", "ended", "--persona", "alice")[0].strip()

    async def read_copied() -> int:
        async with Tpp.from_folder(tmp_path / "copy") as tpp:
            return (await tpp.get("/accounts", token, knobs=PRESENT)).status

    assert asyncio.run(read_copied()) == 200
    type_in("tpp", "delete", "ended")
    assert asyncio.run(read_copied()) == 401


def test_the_lock_out_of_a_persona_is_lifted(server, type_in):
    async def log_in(password: str) -> str:
        async with Tpp.from_folder(server.state_dir / "tpps" / "acme") as acme, Browser(acme.folder.ca) as browser:
            pushed = await acme.push_authorization_request((await acme.lodge_account_consent()).id)
            await browser.open(await acme.authorization_url(pushed.request_uri))
            for _ in range(5 if password == "wrong" else 1):
                await browser.press("login-submit", username="heavy", password=password)
            return browser.path

    assert asyncio.run(log_in("wrong")) == "/login"
    assert asyncio.run(log_in("heavy-pw")) == "/login"
    said, _ = type_in("personas", "unlock", "heavy")
    assert "heavy can log in again" in said
    assert asyncio.run(log_in("heavy-pw")) == "/consent"
    with pytest.raises(ServerRefused, match="no such persona"):
        type_in("personas", "unlock", "stranger")


async def test_another_sites_page_may_do_none_of_it(acme):
    """The same rule as for the rest of the control API: a page in the developer's own browser comes from loopback too."""
    for method, path in (
        ("GET", "/sandbox/tpps"),
        ("GET", "/sandbox/tpps/acme"),
        ("PATCH", "/sandbox/tpps/acme"),
        ("DELETE", "/sandbox/tpps/acme"),
        ("POST", "/sandbox/personas/alice/unlock"),
    ):
        headers = {"Origin": "https://evil.example", "Content-Type": "application/json"}
        answer = await acme.wire.call(method, acme.folder.issuer + path, certificate="none", headers=headers, body=b"{}")
        assert (method, path, answer.status) == (method, path, 403)
