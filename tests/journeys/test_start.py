"""Starting, stopping and starting again: what stands in the state directory, what is kept, what is renewed, and what is refused."""

import asyncio
import json
import os
import socket
import ssl
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from cryptography import x509

from kernel.clock import ManualClock
from sandbox.authority.pki import TestPki
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.wire import Wire
from tests.harness.books.books import Books
from tests.harness.forged import Forge
from tests.harness.forked import run_command
from tests.harness.installations import BANK_WITHIN, EMBEDDED
from tests.harness.judged import JudgedTpp
from tests.harness.patience import PATIENCE_SECONDS
from tests.harness.server import Server, free_ports
from tests.journeys.scene import CONSENTS

SECRETS = ("keys/sealing.keys", "pki/ca.key", "pki/server.key", "pki/directory.jwks.json")
TPP_SECRETS = ("transport.key", "signing.jwks.json")
CLIENT_MEMBERS = {
    "client_id", "name", "security_profile", "roles", "redirect_uris", "token_endpoint_auth_method", "sender_constraint", "scope",
    "transport_certificate", "transport_key", "signing_jwks", "software_statement", "issuer", "mtls", "ca", "organisation_id",
    "software_id", "signing_kid", "ciba",
}  # fmt: skip


def run(server, *arguments, **environment):
    """`portcullis ...` while a server runs, on its database, ports and state directory unless a test names others."""
    public, mtls, ops = server.ports
    members = {
        "PORTCULLIS_STATE_DIR": str(server.state_dir),
        "PORTCULLIS_PUBLIC_PORT": str(public),
        "PORTCULLIS_MTLS_PORT": str(mtls),
        "PORTCULLIS_OPS_PORT": str(ops),
        **server.environment,
        **environment,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTCULLIS_")}
    given = {name: value for name, value in (kept | members).items() if value is not None}
    return run_command(arguments, given)


def refusal_of(done):
    """The one line that a person reads."""
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def second_place(tmp_path):
    """Settings of a second server that runs with the first: its own ports and its own state directory."""
    public, mtls, ops = map(str, free_ports(3))
    return {"PORTCULLIS_PUBLIC_PORT": public, "PORTCULLIS_MTLS_PORT": mtls, "PORTCULLIS_OPS_PORT": ops, "PORTCULLIS_STATE_DIR": str(tmp_path / "second")}  # fmt: skip


def test_ready_json_says_where_to_go(server):
    port = server.environment.get("PORTCULLIS_CORE_BANK_PORT")
    bank = {"core_bank": f"http://127.0.0.1:{port}/core-bank/v1"} if port else {}
    assert server.ready == bank | {
        "issuer": f"https://localhost:{server.ports[0]}",
        "mtls": f"https://localhost:{server.ports[1]}",
        "ops": f"http://127.0.0.1:{server.ports[2]}",
        "pid": server.process.pid,
        "dialects": {
            "uk_obie/v4.0": f"https://localhost:{server.ports[1]}/open-banking/v4.0/aisp",
            "berlin_group/v1.3": f"https://localhost:{server.ports[1]}/psd2/v1",
        },
    }


def test_the_state_directory_holds_what_a_tpp_needs_and_keeps_its_secrets(server):
    state = server.state_dir
    for tpp in ("acme", "borough"):
        folder = state / "tpps" / tpp
        client = json.loads((folder / "client.json").read_text())
        assert client.keys() >= CLIENT_MEMBERS
        assert (client["name"], client["roles"]) == (tpp, ["AISP", "PISP", "CBPII"])
        assert (client["issuer"], client["mtls"]) == (server.issuer, server.mtls)
        for member in ("transport_certificate", "transport_key", "signing_jwks", "software_statement", "ca"):
            assert (folder / client[member]).is_file()
        (key,) = json.loads((folder / client["signing_jwks"]).read_text())["keys"]
        assert (key["kid"], key["alg"]) == (client["signing_kid"], "PS256")
        for secret in TPP_SECRETS:
            assert (folder / secret).stat().st_mode & 0o777 == 0o600
    for secret in SECRETS:
        assert (state / secret).stat().st_mode & 0o777 == 0o600
    assert (state / "pki").stat().st_mode & 0o077 == 0
    personas = {persona["name"]: persona for persona in json.loads((state / "personas.json").read_text())}
    assert personas.keys() == {"alice", "bob", "carol", "dave", "erin", "frank", "heavy"}
    assert all(persona["password"] == f"{name}-pw" for name, persona in personas.items())
    assert personas["bob"]["otp"] == "123456"
    assert personas["dave"]["accounts"] == []


def test_the_operations_port_says_that_the_server_is_ready(server):
    def get(path):
        with urllib.request.urlopen(server.ready["ops"] + path, timeout=PATIENCE_SECONDS) as response:
            return response.status, response.read().decode()

    assert get("/health/live") == (200, '{"status":"live"}')
    status, body = get("/health/ready")
    assert (status, json.loads(body)["checks"]) == (200, {"listeners": True, "database": True, "hot_state": True})
    assert get("/metrics")[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "attacker.example"}, 421),
        ({"Origin": "https://attacker.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_a_page_that_rebinds_its_name_reads_no_metrics(server, headers, status):
    for path in ("/metrics", "/health/ready", "/keys/rotate"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(server.ready["ops"] + path, headers=headers), timeout=PATIENCE_SECONDS)
        with refused.value as answer:
            assert (answer.status, answer.read()) == (status, b"")


async def test_no_header_names_the_issuer(acme):
    """Links and metadata come from the configuration, and not from what a proxy, or a caller that claims to be one, says."""
    lies = {
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Prefix": "/evil",
        "X-Original-URL": "/evil",
        "Forwarded": "host=evil.test;proto=http",
        "Client-Cert": ":TUlJ:",
    }
    url = f"{acme.folder.issuer}/.well-known/openid-configuration"
    truthful = await acme.wire.call("GET", url, certificate="none", headers={})
    lied_to = await acme.wire.call("GET", url, certificate="none", headers=lies)
    assert lied_to.json() == truthful.json()
    assert b"evil" not in lied_to.body
    grant = await acme.granted()
    answer = await acme.get("/accounts", grant.token, knobs=Knobs(headers=lies))
    assert answer.json()["Links"]["Self"] == f"{acme.folder.mtls}/open-banking/v4.0/aisp/accounts"
    assert (await acme.get("/accounts", grant.token, knobs=Knobs(headers=lies, certificate="none"))).status == 401


@pytest.mark.parametrize("listener", ["issuer", "mtls"])
async def test_every_request_to_an_unknown_host_is_refused(acme, listener):
    base = getattr(acme.folder, listener)
    port = urlsplit(base).port
    stranger = Wire(acme.folder)  # unjudged: an answer to a stranger follows no standard
    for host in ("evil.test", "localhost", f"127.0.0.1:{port}", f"localhost:{port}.evil.test", "localhost:1"):
        for path in ("/.well-known/openid-configuration", "/open-banking/v4.0/aisp/accounts", "/sandbox/clock", "/login"):
            answer = await stranger.call("GET", base + path, certificate="none", headers={"Host": host})
            assert (answer.status, answer.body) == (421, b"")
    await stranger.close()


async def test_the_bare_address_leads_a_person_to_the_dashboard(acme):
    for base in (acme.folder.issuer, acme.folder.mtls):
        answer = await acme.wire.call("GET", f"{base}/", certificate="none", headers={})
        assert (answer.status, answer.header("Location")) == (303, f"{acme.folder.issuer}/consents")
        assert (await acme.wire.call("POST", f"{base}/", certificate="none", headers={})).status == 405


async def test_a_stranger_is_shown_the_way_to_the_customers_pages(server, acme):
    """With the TPP's own files, over the real API."""
    done = await asyncio.to_thread(run, server, "tpp", "authorize", "acme")
    assert done.returncode == 0, done.stderr
    (url,) = (line.strip() for line in done.stdout.splitlines() if "/authorize?" in line)
    answer = await acme.wire.call("GET", url, certificate="none", headers={"Accept": "text/html"})
    assert (answer.status, urlsplit(answer.header("Location")).path) == (303, "/login")
    for seen in ("alice     password alice-pw, a device", "bob       password bob-pw, one-time code 123456", "acme.tpp.test"):
        assert seen in done.stdout
    assert "dave" not in done.stdout


def test_a_tpp_without_the_role_reads_so(server):
    name = f"payer{time.time_ns()}"
    assert run(server, "tpp", "new", name, "--roles", "PISP").returncode == 0
    said = refusal_of(run(server, "tpp", "authorize", name))
    assert "has not the role AISP" in said
    assert f"portcullis tpp set {name} --roles AISP" in said
    assert "PORTCULLIS_STATE_DIR=" in said, "a command that is pasted finds the same sandbox"


def test_the_public_listener_never_asks_for_a_certificate_and_serves_no_resource(server):
    trust = ssl.create_default_context(cafile=server.state_dir / "pki" / "ca.pem")
    request = urllib.request.Request(f"{server.issuer}/open-banking/v4.0/aisp/accounts")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, context=trust, timeout=PATIENCE_SECONDS)
    assert refused.value.code == 404
    refused.value.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2])
def test_only_tls_1_3_is_accepted(server, version):
    trust = ssl.create_default_context(cafile=server.state_dir / "pki" / "ca.pem")
    trust.maximum_version = version
    for port in server.ports[:2]:
        with socket.create_connection(("localhost", port), timeout=PATIENCE_SECONDS) as plain, pytest.raises(ssl.SSLError):
            trust.wrap_socket(plain, server_hostname="localhost")


@pytest.mark.parametrize("mortal_server", [EMBEDDED], indirect=True)
def test_a_second_server_on_the_same_database_is_refused(mortal_server, tmp_path):
    """In-process hot states would not tell each other of a revocation. The first one goes on."""
    done = run(mortal_server, "sandbox", **second_place(tmp_path), PORTCULLIS_DATABASE_URL=mortal_server.database_url)
    assert "another server is running on this database" in refusal_of(done)
    assert "redis_url" in done.stderr
    assert mortal_server.process.poll() is None
    assert mortal_server.ready["pid"] == mortal_server.process.pid


@pytest.mark.parametrize("mortal_server", [EMBEDDED], indirect=True)
def test_a_second_sandbox_on_the_same_state_directory_is_refused_in_words_of_that(mortal_server, tmp_path):
    for changes in ({}, second_place(tmp_path)):
        said = refusal_of(run(mortal_server, "sandbox", **changes | {"PORTCULLIS_STATE_DIR": str(mortal_server.state_dir)}))
        assert f"a sandbox is running on {mortal_server.state_dir} already" in said
        assert "another PORTCULLIS_STATE_DIR" in said
        assert "redis" not in said
    assert mortal_server.process.poll() is None


@pytest.mark.parametrize("mortal_server", [BANK_WITHIN], indirect=True)
def test_a_server_alone_is_refused_a_database_that_others_share(mortal_server, tmp_path):
    done = run(mortal_server, "sandbox", **second_place(tmp_path), PORTCULLIS_REDIS_URL=None)
    assert "another server is running on this database" in refusal_of(done)
    assert mortal_server.process.poll() is None


@pytest.mark.parametrize("mortal_server", [EMBEDDED], indirect=True)
def test_a_port_that_is_taken_is_named(mortal_server, tmp_path):
    """Before a bank is made, which takes longer; with the variable that is to be changed."""
    own, state = second_place(tmp_path), tmp_path / "second"
    for port, variable in zip(mortal_server.ports, list(own), strict=False):
        said = refusal_of(run(mortal_server, "sandbox", **own | {variable: str(port)}))
        assert f":{port} (" in said
        assert f"{variable}={port + 1000}" in said
        assert not (state / "portcullis.db").exists()


@pytest.mark.parametrize("mortal_server", [EMBEDDED], indirect=True)
def test_a_command_without_a_running_sandbox_says_how_to_start_one(mortal_server):
    """The sandbox ended in order, or was killed, which leaves ready.json behind. The refusal is in our own words, not in a library's."""
    for end, what in (
        (mortal_server.kill, "no sandbox answers at https://localhost:"),
        (mortal_server.stop, "no sandbox runs on "),
    ):
        end()
        for command in (("tpp", "token", "acme"), ("tpp", "authorize", "acme"), ("tpp", "new", "late")):
            said = refusal_of(run(mortal_server, *command))
            assert what in said
            assert "start one with `make run`" in said
            assert "ssl" not in said
            assert "Errno" not in said
        mortal_server.start()  # others use it too


def test_a_mistyped_dialect_is_answered_with_all_there_are(tmp_path):
    said = refusal_of(run(Server(tmp_path / "state"), "openapi", "foo"))
    assert "uk_obie/v4.0, berlin_group/v1.3, core_bank/v1" in said


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"PORTCULLIS_WORKERS": "2"}, "workers"),
        ({"PORTCULLIS_ISSUER": "http://localhost"}, "issuer"),
        ({"PORTCULLIS_DATABASE_URL": "mysql://localhost/x"}, "database_url"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(tmp_path, changes, key):
    assert key in refusal_of(run(Server(tmp_path / "state"), "sandbox", **changes))
    assert not (tmp_path / "state" / "portcullis.db").exists()


async def test_a_restart_keeps_tpps_clients_keys_and_consents(mortal_server):
    before = {tpp: client_of(mortal_server, tpp) for tpp in ("acme", "borough")}
    name = f"kept{time.time_ns()}"
    async with JudgedTpp.of(mortal_server, "acme") as acme:
        assert (await acme.control("/tpps", {"name": name})).status == 200
        assert (await acme.control("/tpps", {"name": name})).status == 400
        grant = await acme.granted()
        jwks = await acme._fetch(f"{acme.folder.issuer}/jwks")
        assert await asyncio.to_thread(mortal_server.stop) == 0
        assert not (mortal_server.state_dir / "ready.json").exists()
        await asyncio.to_thread(mortal_server.start)
        await acme.reconnect()
        assert (await acme.get("/accounts", grant.token)).status == 200
        assert (await acme.refresh(grant.tokens.refresh_token)).access_token
        assert await acme._fetch(f"{acme.folder.issuer}/jwks") == jwks
    assert {tpp: client_of(mortal_server, tpp) for tpp in before} == before
    async with JudgedTpp.of(mortal_server, name) as kept:
        assert (await kept.granted("bob")).token


def client_of(server, tpp):
    return json.loads((server.state_dir / "tpps" / tpp / "client.json").read_text())


@pytest.mark.parametrize("days", [80, 400], ids=["nearly expired", "left for a year"])
async def test_certificates_renew_themselves_at_the_start(installations, days):
    """The state directory as it would be had it been made so long ago. Keys stay, so that the client is still known."""
    with installations.installation(EMBEDDED) as server:
        then = datetime.now(UTC) - timedelta(days=days)
        subjects = {tpp: Forge(server.state_dir, server).subject(tpp) for tpp in ("acme", "borough")}
        made = [server.state_dir / "pki" / "server.pem", *(server.state_dir / "tpps" / tpp / "transport.pem" for tpp in subjects)]
        for path in (*made, server.state_dir / "pki" / "ca.pem"):
            path.unlink()
        pki = TestPki.open(server.state_dir / "pki", ManualClock(then))
        pki.ensure_server()
        for tpp, subject in subjects.items():
            folder = server.state_dir / "tpps" / tpp
            assert pki.ensure_transport(folder / "transport.pem", folder / "transport.key", subject)
        old = {path: path.read_bytes() for path in made}
        await asyncio.to_thread(server.start)
        for path, pem in old.items():
            renewed = x509.load_pem_x509_certificate(path.read_bytes())
            assert renewed.not_valid_after_utc > datetime.now(UTC) + timedelta(days=60)
            assert renewed.public_key() == x509.load_pem_x509_certificate(pem).public_key()
        async with JudgedTpp.of(server, "acme") as acme:
            assert (await acme.granted()).token


async def test_a_reset_begins_again_and_keeps_the_tpps(installations):
    with installations.installation(EMBEDDED) as server:
        await asyncio.to_thread(server.start)
        async with JudgedTpp.of(server, "acme") as acme, Books.of(server) as books:
            grant = await acme.granted()
            assert (await acme.control("/clock", {"advance": "P1D"})).status == 200
            for wrong in ({"advance": "-P1D"}, {"advance": "P99999D"}, {"advance": 1}, {"advance": ""}, {}):
                assert (await acme.control("/clock", wrong)).status == 400
            both = await asyncio.gather(acme.control("/reset", {}), acme.control("/reset", {}))
            if {answer.status for answer in both} != {200}:  # a slow machine: the answer gives up on it, the reset does not
                assert (await acme.control("/reset", {})).status == 200
            assert (await acme.get("/accounts", grant.token)).status == 401
            token = await acme.client_credentials_token()
            assert (await acme.get(f"{CONSENTS}/{grant.consent_id}", token)).status == 400
            clock = (await acme.control("/clock")).json()
            assert clock["now"][:16] == clock["wall"][:16]
            assert (await acme.granted()).token
            await books.check_whole()
