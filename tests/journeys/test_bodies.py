"""Bodies, as a client meets them: what the head alone decides is answered before a byte of body, and bodies that do not end take no more
memory than they are given."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import pytest

from kernel.http.admission.limits import BUFFERED_BYTES_MAX
from sandbox.tpp_kit.folder import ClientCertificate
from tests.harness.judged import JudgedTpp
from tests.harness.patience import PATIENCE_SECONDS
from tests.harness.server import Server
from tests.journeys.scene import CONSENTS

ANSWER_SECONDS = 9  # less than a body is waited for
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
COOKIE = "Cookie: __Host-journey="
LODGE = f"/open-banking/v4.0/aisp{CONSENTS}"
SLOW = 600  # connections that send bodies which never end
SLOW_BYTES = 60_000
ADDRESSES = [f"127.0.0.{number}" for number in range(2, 52)]


class Caller:
    """Sends heads to either listener of a server, under any certificate."""

    def __init__(self, tpp: JudgedTpp) -> None:
        self.tpp = tpp

    async def open(
        self, base: str, certificate: ClientCertificate | None = None, source: str | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        trust = ssl.create_default_context(cafile=self.tpp.folder.ca)
        if certificate is not None:
            trust.load_cert_chain(certificate.certificate, certificate.key)
        port, local = urlsplit(base).port, (source, 0) if source else None
        return await asyncio.open_connection("127.0.0.1", port, ssl=trust, server_hostname="localhost", local_addr=local)

    async def answer_to(self, base: str, head: list[str], certificate: ClientCertificate | None = None) -> bytes:
        """The answer to a client that sends its head and nothing of the body that it announces."""
        reader, writer = await self.open(base, certificate)
        try:
            writer.write(rendered(base, head))
            return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ANSWER_SECONDS)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def rendered(base: str, head: list[str]) -> bytes:
    line, *headers = head
    host = [] if any(header.startswith("Host:") for header in headers) else [f"Host: {urlsplit(base).netloc}"]
    return "\r\n".join([f"{line} HTTP/1.1", *host, *headers, "", ""]).encode()


def posted(path: str, *headers: str, length: int = 5, media_type: str = FORM, method: str = "POST") -> list[str]:
    return [f"{method} {path}", f"Content-Type: {media_type}", f"Content-Length: {length}", *headers]


@pytest.fixture
async def acme(embedded_server: Server) -> AsyncIterator[JudgedTpp]:
    """Nothing here depends on the kind of server."""
    async with JudgedTpp.of(embedded_server, "acme") as tpp:
        yield tpp


@pytest.fixture
async def borough(embedded_server: Server) -> AsyncIterator[JudgedTpp]:
    async with JudgedTpp.of(embedded_server, "borough") as tpp:
        yield tpp


@pytest.fixture
def caller(acme: JudgedTpp) -> Caller:
    return Caller(acme)


PUBLIC = {
    "unknown host": (posted("/token", "Host: another.example"), 421),
    "unknown path": (posted("/nothing"), 404),
    "resource API on the public listener": (posted(LODGE, media_type=JSON), 404),
    "the bare address": (posted("/"), 405),
    "wrong method": (posted("/token", method="PUT"), 405),
    "a document": (posted("/jwks"), 405),
    "no form": (posted("/token", media_type=JSON), 415),
    "encoded": (posted("/par", "Content-Encoding: gzip"), 415),
    "larger than a token request": (posted("/token", length=16_385), 413),
    "larger than a pushed request": (posted("/par", length=65_537), 413),
    "login with an invented cookie": (posted("/login", f"{COOKIE}{'x' * 43}", length=8_193), 400),
    "registration on the public listener": (posted("/register", media_type=JSON), 404),
    "login without a cookie": (posted("/login"), 400),
    "login with two cookies": (posted("/login", f"{COOKIE}a", f"{COOKIE}b"), 400),
    "log-out without a cookie": (posted("/consents/logout"), 303),
    "withdrawal without a cookie": (posted("/consents/some/revoke"), 303),
    "form of another type": (posted("/login", f"{COOKIE}{'x' * 43}", media_type="text/plain"), 400),
    "userinfo takes none": (posted("/userinfo"), 401),
    "sandbox from another site": (posted("/sandbox/tpps", "Origin: https://another.example", media_type=JSON), 403),
}


@pytest.mark.parametrize(("head", "status"), PUBLIC.values(), ids=PUBLIC)
async def test_what_a_head_decides_on_the_public_listener_waits_for_no_body(caller, head, status):
    answer = await caller.answer_to(caller.tpp.folder.issuer, [*head, "Expect: 100-continue"])
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"connection: close" in answer.lower()


async def test_what_a_head_decides_on_the_mtls_listener_waits_for_no_body(caller, acme, borough):
    """No token, a wrong one, another's, one that does not open the operation; no certificate, another's; media type, length, method."""
    own, others = acme.folder.transport, borough.folder.transport
    token = f"Authorization: Bearer {await acme.client_credentials_token()}"
    reading = f"Authorization: Bearer {(await acme.granted()).token}"
    for head, certificate, status in (
        (posted(LODGE, media_type=JSON), own, 401),
        (posted(LODGE, "Authorization: Bearer garbage", media_type=JSON), own, 401),
        (posted(LODGE, token, media_type=JSON), None, 401),
        (posted(LODGE, token, media_type=JSON), others, 401),
        (posted(LODGE, reading, media_type=JSON), own, 401),
        (posted(LODGE, token, media_type="text/plain"), own, 415),
        (posted(LODGE, token, media_type=JSON, length=65_537), own, 400),
        (posted(LODGE, token, media_type=JSON, method="PUT"), own, 405),
        (posted("/open-banking/v4.0/aisp/accounts", reading, media_type=JSON, method="GET"), own, 200),
        (posted("/register", media_type=JSON), None, 400),
        (posted("/register", media_type="text/plain"), own, 415),
        (posted("/register", media_type=JSON, length=65_537), own, 413),
        (posted("/register/unknown", media_type=JSON, method="PUT"), own, 401),
        (posted("/register/unknown", token, media_type=JSON, method="PUT"), own, 401),
    ):
        answer = await caller.answer_to(acme.folder.mtls, [*head, "Expect: 100-continue"], certificate)
        assert answer.startswith(f"HTTP/1.1 {status} ".encode()), (head, answer)
        assert b"connection: close" in answer.lower()


async def test_a_client_that_asks_first_sends_its_form_once_its_head_has_passed(caller):
    reader, writer = await caller.open(caller.tpp.folder.issuer)
    try:
        writer.write(rendered(caller.tpp.folder.issuer, posted("/token", "Expect: 100-continue", "Connection: close")))
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ANSWER_SECONDS) == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"a=b&c")
        assert (await asyncio.wait_for(reader.read(), ANSWER_SECONDS)).startswith(b"HTTP/1.1 401")
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def test_hundreds_of_bodies_that_do_not_end_take_bounded_memory_and_hold_up_no_honest_caller(caller, acme):
    """600 connections from 50 addresses announce 64 KiB forms and send all but the end: 34 MiB, of which the budget bears no more than its
    own; 600 that announce 1 MiB are refused unread. An honest TPP pushes a request and lodges a consent meanwhile."""
    await acme.lodge_account_consent()
    async with crowd(caller) as refused:
        consent = await acme.lodge_account_consent()
        pushed = await acme.push_authorization_request(consent.id)
        assert pushed.request_uri
        held = await gauge(acme, "portcullis_body_bytes")
        assert held <= BUFFERED_BYTES_MAX
        assert all(answer.startswith(b"HTTP/1.1 413") for answer in refused)


async def gauge(tpp: JudgedTpp, name: str) -> float:
    ops = tpp.server.ready["ops"]
    async with aiohttp.ClientSession() as session, session.get(f"{ops}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


@contextlib.asynccontextmanager
async def crowd(caller: Caller) -> AsyncIterator[list[bytes]]:
    """Hostile senders, each of whom has sent what it will; and what those who announced too much were answered."""
    base, opened, refused = caller.tpp.folder.issuer, [], []

    async def send(number: int) -> None:
        reader, writer = await caller.open(base, source=ADDRESSES[number % len(ADDRESSES)])
        opened.append(writer)
        writer.write(rendered(base, posted("/par", length=1_000_000, media_type=FORM)))
        refused.append(await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_SECONDS))
        writer.close()
        _, writer = await caller.open(base, source=ADDRESSES[number % len(ADDRESSES)])
        opened.append(writer)
        writer.write(rendered(base, posted("/par", length=65_536)) + b"a" * SLOW_BYTES)
        with contextlib.suppress(ConnectionError):  # it may be given up for another
            await writer.drain()

    try:
        for first in range(0, SLOW, 50):
            await asyncio.gather(*(send(number) for number in range(first, first + 50)))
        yield refused
    finally:
        for writer in opened:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
