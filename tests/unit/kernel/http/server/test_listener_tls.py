"""The listener over real TLS, with certificates of the test authority: who finishes a handshake, and what we learn of them."""

import asyncio
import socket
import ssl
import warnings
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from multidict import CIMultiDict

from kernel.certificates.certificate import check_valid_at
from kernel.clock import SystemClock
from kernel.errors import CertificateExpired, Problem
from kernel.http import tls
from kernel.http.message import Request, Response
from kernel.http.server.listener import serve
from sandbox.authority import pki
from tests.harness.patience import PATIENCE_SECONDS

CLOCK = SystemClock()
ACME = pki.TransportSubject(software_id="soft1", organisation_name="Acme Ltd", organisation_id="PSDGB-FCA-123456")


class World:
    """An authority, a server certificate of each kind, and client certificates good and bad."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.authority = pki.TestPki.open(folder / "pki", CLOCK)
        self.server = self.authority.ensure_server()
        self.server_rsa = self.authority.ensure_server(kind="RSA")

    def mtls(self, **options) -> ssl.SSLContext:
        return tls.mtls_context(options.pop("identity", self.server), [self.authority.ca_path], **options)

    def client(self, name: str | None = None, *, authority: pki.TestPki | None = None, **dates) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.authority.ca_path)
        if name is not None:
            key = pki.generate_key()
            (self.folder / f"{name}.key").write_bytes(pki.key_pem(key))
            (self.folder / f"{name}.pem").write_bytes((authority or self.authority).issue_transport(ACME, key, **dates))
            context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return World(tmp_path_factory.mktemp("world"))


@asynccontextmanager
async def listening(context: ssl.SSLContext, requests: list[Request]):
    async def app(request: Request) -> Response:
        requests.append(request)
        return Response(200, b"ok", CIMultiDict({"Content-Type": "text/plain"}))

    def refuse(_: Request, problem: Problem) -> Response:
        return Response(400, problem.code.encode())

    async with serve(app, refuse=refuse, host="127.0.0.1", port=0, ssl_context=context, listener="mtls") as port:
        yield port


async def ask(port: int, client: ssl.SSLContext, times: int = 1) -> ssl.SSLObject:
    """`times` requests on one connection. Raises OSError if the handshake ends, on either side's word."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname="localhost")
    try:
        for _ in range(times):
            writer.write(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = await asyncio.wait_for(reader.readuntil(b"ok"), PATIENCE_SECONDS)
            assert answer.startswith(b"HTTP/1.1 200")
        return writer.get_extra_info("ssl_object")
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError from error
    finally:
        writer.close()


@pytest.mark.spec("RFC8705-3")
async def test_a_clients_certificate_comes_with_each_request(world):
    requests: list[Request] = []
    async with listening(world.mtls(), requests) as port:
        await ask(port, world.client("acme"), times=2)
    first, second = (request.certificate for request in requests)
    assert first is not None
    assert first is second
    assert first.organisation_id == "PSDGB-FCA-123456"
    der = ssl.PEM_cert_to_DER_cert((world.folder / "acme.pem").read_text())
    assert first.der == der


async def test_the_verified_chain_comes_with_the_certificate(world):
    """So that a policy can judge the dates of the whole chain. Held here because older Pythons give it by a private name."""
    requests: list[Request] = []
    async with listening(world.mtls(), requests) as port:
        await ask(port, world.client("chained"))
    certificate = requests[0].certificate
    assert certificate is not None
    assert [issuer.der for issuer in certificate.issuers] == [ssl.PEM_cert_to_DER_cert(world.authority.ca_path.read_text())]


async def test_a_client_without_a_certificate_is_served_too(world):
    requests: list[Request] = []
    async with listening(world.mtls(), requests) as port:
        await ask(port, world.client())
    assert requests[0].certificate is None


async def test_each_connection_has_its_own_certificate(world):
    requests: list[Request] = []
    async with listening(world.mtls(), requests) as port:
        await ask(port, world.client("one"))
        await ask(port, world.client("two"))
        await ask(port, world.client())
    thumbprints = [request.certificate and request.certificate.thumbprint for request in requests]
    assert len(set(thumbprints)) == 3
    assert thumbprints[2] is None


@pytest.mark.spec("RFC8705-2.1")
async def test_an_unknown_issuer_ends_the_handshake(world, tmp_path):
    stranger = pki.TestPki.open(tmp_path / "stranger", CLOCK)
    requests: list[Request] = []
    async with listening(world.mtls(), requests) as port:
        with pytest.raises(OSError, match=r".*"):
            await ask(port, world.client("stranger", authority=stranger))
        await ask(port, world.client("friend"))
    assert len(requests) == 1


async def test_a_server_certificate_is_no_client_certificate(world):
    client = world.client()
    client.load_cert_chain(world.server.certificate, world.server.key)
    async with listening(world.mtls(), []) as port:
        with pytest.raises(OSError, match=r".*"):
            await ask(port, client)


@pytest.mark.parametrize("days", [-10, 10], ids=["expired", "not yet valid"])
async def test_a_certificate_out_of_date_reaches_the_policy_that_refuses_it(world, days):
    now = CLOCK.wall()
    dates = {"not_before": now + timedelta(days=days), "not_after": now + timedelta(days=days + 5)}
    requests: list[Request] = []
    async with listening(world.mtls(), requests) as port:
        await ask(port, world.client("dated", **dates))
    certificate = requests[0].certificate
    assert certificate is not None
    with pytest.raises(CertificateExpired):
        check_valid_at(certificate, now)


async def test_an_issuing_authority_may_be_the_anchor_without_its_root(world, tmp_path):
    """Trust lists give intermediates; here the leaf itself stands for one."""
    client = world.client("anchored")
    context = tls.mtls_context(world.server, [world.folder / "anchored.pem"])
    requests: list[Request] = []
    async with listening(context, requests) as port:
        await ask(port, client)
    assert requests[0].certificate is not None


@pytest.mark.spec("FAPI2-SP-FINAL-5.2.1")
async def test_accepts_tls_13_and_nothing_older_by_default(world):
    older = world.client()
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    async with listening(tls.public_context(world.server), []) as port:
        assert (await ask(port, world.client())).version() == "TLSv1.3"
        with pytest.raises(OSError, match=r".*"):
            await ask(port, older)


@pytest.mark.spec("RFC9325-4.2")
@pytest.mark.spec("FAPI1-ADV-FINAL-8.5")
async def test_tls_12_is_accepted_on_request_with_forward_secret_aes_gcm_only(world):
    older = world.client("older")
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    requests: list[Request] = []
    async with listening(world.mtls(identity=world.server_rsa, tls12=True), requests) as port:
        spoken = await ask(port, older)
        assert spoken.version() == "TLSv1.2"
        assert spoken.cipher()[0] in {"ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"}
        older.set_ciphers("ECDHE+AES:!AESGCM:!AESCCM")
        with pytest.raises(OSError, match=r".*"):
            await ask(port, older)
    assert requests[0].certificate is not None
    browser = world.client()
    browser.maximum_version = ssl.TLSVersion.TLSv1_2
    async with listening(tls.public_context(world.server_rsa, tls12=True), requests) as port:
        assert (await ask(port, browser)).cipher()[0] in {"ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.spec("FAPI1-ADV-FINAL-8.5")
async def test_nothing_older_than_tls_12_is_ever_accepted(world, version):
    ancient = world.client()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        ancient.minimum_version = ancient.maximum_version = version
    ancient.set_ciphers("ALL:@SECLEVEL=0")
    async with listening(tls.public_context(world.server_rsa, tls12=True), []) as port:
        with pytest.raises(OSError, match=r".*"):
            await ask(port, ancient)


async def test_the_public_listener_never_asks_for_a_certificate(world):
    """A browser that holds one would show its owner a question."""
    client = world.client("unasked")
    requests: list[Request] = []
    async with listening(tls.public_context(world.server), requests) as port:
        await ask(port, client)
    assert requests[0].certificate is None


async def test_no_session_is_resumed(world):
    """A resumed session would carry a certificate past anchors that changed since."""
    client = world.client("again")
    async with listening(world.mtls(), []) as port:
        session = (await ask(port, client)).session
    assert session is None or not session.has_ticket


async def test_a_renewed_server_certificate_is_used_without_a_restart(world, tmp_path):
    """Also one that is renewed before anyone looks at the file again, however long that takes."""
    authority = pki.TestPki.open(tmp_path / "pki", CLOCK)
    identity = authority.ensure_server()
    loaded = await asyncio.to_thread(tls.stamp_of, identity)
    context = tls.public_context(identity)
    client = ssl.create_default_context(cafile=authority.ca_path)
    async with listening(context, []) as port:
        before = (await ask(port, client)).getpeercert(binary_form=True)
        identity.certificate.unlink()
        authority.ensure_server()
        following = asyncio.create_task(tls.follow_identity([context], identity, loaded, seconds=0.01))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await ask(port, client)).getpeercert(binary_form=True) == before:
                pass
        following.cancel()


async def test_an_unusable_certificate_is_not_taken_over(world, tmp_path):
    authority = pki.TestPki.open(tmp_path / "pki", CLOCK)
    identity = authority.ensure_server()
    context = tls.public_context(identity)
    identity.certificate.write_text("garbage")
    with pytest.raises(OSError, match=r".*"):
        tls.reload_identity(context, identity)
    async with listening(context, []) as port:
        await ask(port, ssl.create_default_context(cafile=authority.ca_path))


async def test_a_peer_that_never_begins_its_handshake_is_let_go(world):
    async def app(_: Request) -> Response:
        return Response(200)

    from kernel.http.admission.limits import Limits

    options = {"refuse": lambda *_: Response(400), "host": "127.0.0.1", "port": 0, "listener": "mtls"}
    async with serve(app, ssl_context=world.mtls(), limits=Limits(handshake_seconds=0.2), **options) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.read(), PATIENCE_SECONDS) == b""
        writer.close()


def test_refuses_to_ask_for_certificates_that_no_client_could_have(world):
    with pytest.raises(ValueError, match="trust anchor"):
        tls.mtls_context(world.server, [])


def connected(port: int, trust: ssl.SSLContext) -> ssl.SSLSocket:
    sending = socket.socket()
    sending.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    sending.connect(("127.0.0.1", port))
    return trust.wrap_socket(sending, server_hostname="localhost")


async def bytes_taken(port: int, trust: ssl.SSLContext) -> int:
    """The part of an endless body that leaves its sender before the server reads no more. Both run in one loop, so when nothing has moved
    for many of its rounds, nothing will."""
    sending = await asyncio.to_thread(connected, port, trust)
    sending.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n")
    sending.setblocking(False)
    taken = quiet_rounds = 0
    while quiet_rounds < 2000:
        try:
            taken += sending.send(b"a" * 4096)
            quiet_rounds = 0
        except ssl.SSLWantWriteError:
            quiet_rounds += 1
            await asyncio.sleep(0)
    sending.close()
    return taken


async def test_little_of_a_body_is_taken_before_anyone_asks_for_it(world: World):
    """TLS would hold 256 KiB of what it has not decrypted, for each connection."""
    release = asyncio.Event()

    async def app(_: Request) -> Response:
        await release.wait()
        return Response(200)

    async with serve(
        app,
        refuse=lambda *_: Response(400),
        host="127.0.0.1",
        port=0,
        ssl_context=tls.public_context(world.server),
        listener="public",
    ) as port:
        taken = await bytes_taken(port, world.client())
        release.set()
    assert taken < 250_000
