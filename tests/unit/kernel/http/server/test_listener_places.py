"""The listener over real sockets: connections count from accept, before anything is spent on them, and room is given back."""

import asyncio
import contextlib
import gc
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from kernel.clock import SystemClock
from kernel.errors import Overloaded, Problem
from kernel.http import tls
from kernel.http.admission.body_room import BodyRoom
from kernel.http.admission.byte_budget import ByteBudget
from kernel.http.admission.limits import Limits
from kernel.http.admission.places import Places
from kernel.http.head import FIELD_BYTES_MAX
from kernel.http.message import Request, Response
from kernel.http.server.acceptor import RECEIVE_BYTES
from kernel.http.server.boundary import App
from kernel.http.server.connection import Connection
from kernel.http.server.incoming_body import IncomingBody
from kernel.http.server.listener import serve
from sandbox.authority import pki
from tests.harness.patience import PATIENCE_SECONDS

BODY_BYTES = 50_000
ASKED = b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"


class World:
    """An authority, and client certificates of organisations."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.authority = pki.TestPki.open(folder / "pki", SystemClock())
        self.server = tls.mtls_context(self.authority.ensure_server(), [self.authority.ca_path])

    def client(self, organisation: str | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.authority.ca_path)
        if organisation is not None:
            key = pki.generate_key()
            subject = pki.TransportSubject(software_id="soft1", organisation_name="Ltd", organisation_id=organisation)
            (self.folder / "client.key").write_bytes(pki.key_pem(key))
            (self.folder / "client.pem").write_bytes(self.authority.issue_transport(subject, key))
            context.load_cert_chain(self.folder / "client.pem", self.folder / "client.key")
        return context

    def client_without_identifier(self, organisation: str, software: str) -> ssl.SSLContext:
        """Under a certificate as a directory of older times issues it; it is its own anchor."""
        key, now = pki.generate_key(), SystemClock().wall()
        names = {NameOID.ORGANIZATION_NAME: organisation, NameOID.COMMON_NAME: software}
        subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names.items()])
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now.replace(year=now.year + 1))
        (self.folder / "own.key").write_bytes(pki.key_pem(key))
        (self.folder / "own.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
        self.server.load_verify_locations(self.folder / "own.pem")
        context = self.client()
        context.load_cert_chain(self.folder / "own.pem", self.folder / "own.key")
        return context


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return World(tmp_path_factory.mktemp("world"))


async def answer(_: Request) -> Response:
    return Response(200, b"ok")


def refuse(_: Request, problem: Problem) -> Response:
    return Response(503 if isinstance(problem, Overloaded) else 400)


@asynccontextmanager
async def listening(
    world: World, app: App = answer, bodies: BodyRoom | None = None, **limits
) -> AsyncIterator[tuple[int, Places]]:
    bounds = Limits(**limits)
    places = Places("mtls", bounds)
    options = {"refuse": refuse, "host": "127.0.0.1", "port": 0, "listener": "mtls", "limits": bounds, "bodies": bodies}
    async with serve(app, ssl_context=world.server, places=places, **options) as port:
        yield port, places


@asynccontextmanager
async def silent(port: int, address: str) -> AsyncIterator[socket.socket]:
    """A connection that never says a word."""
    with socket.socket() as client:
        client.setblocking(False)
        client.bind((address, 0))
        await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
        yield client


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not happened():  # noqa: ASYNC110  the server's own counts have no event
            await asyncio.sleep(0.01)


async def ask(port: int, context: ssl.SSLContext, address: str = "127.0.0.1", sent: bytes = ASKED) -> bytes:
    """One answer's first line on a connection of its own; empty if there is none."""
    try:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname="localhost", local_addr=(address, 0)
        )
    except (OSError, ssl.SSLError):
        return b""
    try:
        writer.write(sent)
        return await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS)
    except OSError:
        return b""
    finally:
        writer.close()


async def test_connections_that_never_shake_hands_count_and_give_way_to_those_that_do(world):
    async with listening(world, connections=8, connections_per_address=4) as (port, places), AsyncExitStack() as held:
        for number in range(20):
            await held.enter_async_context(silent(port, f"127.0.0.{2 + number % 5}"))
        await until(lambda: places.displaced.total() == 12)
        assert places.open == 8
        assert (await ask(port, world.client())).startswith(b"HTTP/1.1 200")


async def test_one_address_has_no_more_than_its_share(world):
    async with listening(world, connections=100, connections_per_address=3) as (port, places), AsyncExitStack() as held:
        for _ in range(10):
            await held.enter_async_context(silent(port, "127.0.0.2"))
        await until(lambda: places.displaced["address"] == 7)
        assert places.open == 3
        await held.enter_async_context(silent(port, "127.0.0.3"))
        await until(lambda: places.open == 4)


async def test_a_handshake_that_does_not_come_ends_and_gives_its_place_back(world):
    async with listening(world, handshake_seconds=0.1) as (port, places):
        async with silent(port, "127.0.0.1") as one, silent(port, "127.0.0.1") as two:
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(two, b"\x16\x03\x01")  # begun, and never ended
            for client in (one, two):
                assert await asyncio.wait_for(loop.sock_recv(client, 1), PATIENCE_SECONDS) == b""
        await until(lambda: places.open == 0)


HELLO = b"\x16\x03\x01\x02\x00"  # the header of a record of 512 bytes


@pytest.mark.spec("RFC8446-5.1")
@pytest.mark.parametrize("part", [HELLO[:1], HELLO, HELLO + b"\x01\x00\x01\xfc"])
async def test_tls_begins_with_a_whole_record(world, monkeypatch, part):
    """The beginning of a handshake costs no TLS; its end, or a client that goes, ends the wait."""
    begun: list[ssl.SSLContext] = []
    wrap = ssl.SSLContext.wrap_bio
    monkeypatch.setattr(ssl.SSLContext, "wrap_bio", lambda context, *a, **k: (begun.append(context), wrap(context, *a, **k))[1])
    loop = asyncio.get_running_loop()
    async with listening(world) as (port, places):
        async with silent(port, "127.0.0.1") as leaver, silent(port, "127.0.0.1") as client:
            for one in (leaver, client):
                await loop.sock_sendall(one, part)
            await until(lambda: places.open == 2)
            leaver.close()
            await until(lambda: places.open == 1)
            assert world.server not in begun
            await loop.sock_sendall(client, (HELLO + bytes(512))[len(part) :])
            await until(lambda: world.server in begun)
            assert await asyncio.wait_for(loop.sock_recv(client, 1), PATIENCE_SECONDS) == b""  # it was no hello
        await until(lambda: places.open == 0)


async def test_what_is_no_handshake_or_too_long_a_record_is_for_tls_to_refuse(world):
    loop = asyncio.get_running_loop()
    async with listening(world) as (port, places):
        for sent in (b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\xff\xff"):
            async with silent(port, "127.0.0.1") as client:
                await loop.sock_sendall(client, sent)
                with contextlib.suppress(ConnectionError):
                    assert len(await asyncio.wait_for(loop.sock_recv(client, 7), PATIENCE_SECONDS)) in (0, 7)
        await until(lambda: places.open == 0)


async def test_every_connection_that_ends_gives_its_place_back(world):
    async with listening(world) as (port, places):
        for _ in range(3):
            assert (await ask(port, world.client("PSDGB-FCA-1"))).startswith(b"HTTP/1.1 200")
        async with silent(port, "127.0.0.1") as client:
            await until(lambda: places.open > 0)
            await asyncio.get_running_loop().sock_sendall(client, b"no handshake at all")
        await until(lambda: places.open == 0)
        assert places.refused.total() == places.displaced.total() == 0


async def test_after_the_handshake_the_organisation_counts_and_not_the_address(world):
    """A TPP keeps its connection while strangers at the same address fill that address's share."""
    limits = {"connections": 20, "connections_per_address": 2, "connections_per_organisation": 1}
    async with listening(world, **limits) as (port, places), AsyncExitStack() as held:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=world.client("PSDGB-FCA-1"), server_hostname="localhost"
        )
        writer.write(ASKED)
        assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200")
        for _ in range(6):
            await held.enter_async_context(silent(port, "127.0.0.1"))
        await until(lambda: places.displaced["address"] == 4)
        writer.write(ASKED)
        assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200")
        assert (await ask(port, world.client("PSDGB-FCA-2"))).startswith(b"HTTP/1.1 200")
        assert (await ask(port, world.client("PSDGB-FCA-1"))).startswith(b"HTTP/1.1 200")
        assert places.displaced["organisation"] == 1
        writer.close()


async def test_stopping_ends_what_has_not_finished_its_handshake(world):
    async with AsyncExitStack() as held:
        async with listening(world) as (port, places):
            client = await held.enter_async_context(silent(port, "127.0.0.1"))
            await until(lambda: places.open == 1)
        assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 1), PATIENCE_SECONDS) == b""
        assert places.open == 0


async def test_a_certificate_without_an_identifier_counts_for_its_organisation_in_places_and_in_bodies(world):
    """Of two software certificates, the second finds the share that the first has filled; a stranger at their address has another."""
    arrived, release = asyncio.Semaphore(0), asyncio.Event()

    async def keep(request: Request) -> Response:
        await request.received(BODY_BYTES)
        arrived.release()
        await release.wait()
        return Response(200, b"ok")

    sent = b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % BODY_BYTES + b"a" * BODY_BYTES
    first, second = (world.client_without_identifier("Acme", software) for software in ("soft1", "soft2"))
    room = ByteBudget(total=10 * BODY_BYTES, per_peer=BODY_BYTES)
    async with listening(world, keep, BodyRoom(room, room), connections_per_address=2, connections_per_organisation=2) as (
        port,
        places,
    ):
        held = [asyncio.create_task(ask(port, client, sent=sent)) for client in (world.client(), first)]
        for _ in held:
            await asyncio.wait_for(arrived.acquire(), PATIENCE_SECONDS)
        assert (await ask(port, second, sent=sent)).startswith(b"HTTP/1.1 503")
        held.append(asyncio.create_task(ask(port, second)))
        await asyncio.wait_for(arrived.acquire(), PATIENCE_SECONDS)
        assert await ask(port, second) == b""
        assert places.refused["organisation"] == 1
        release.set()
        for answering in held:
            assert (await answering).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("sent", [ASKED, ASKED[:-2] + b"X-Long: " + b"a" * (2 * FIELD_BYTES_MAX)], ids=["answered", "refused"])
async def test_a_connection_that_ends_is_freed_at_once_with_all_that_it_was_sent(world, sent):
    """And not when the collector of cycles comes by, after thousands of others."""
    gc.collect()
    gc.disable()
    try:
        async with listening(world) as (port, places):
            assert await ask(port, world.client(), sent=sent)
            await until(lambda: places.ended == 1)
            await until(lambda: not any(type(living) is Connection for living in gc.get_objects()))
    finally:
        gc.enable()


async def test_a_handshake_that_does_not_come_leaves_nothing_for_the_collector(world):
    gc.collect()
    gc.disable()
    try:
        async with listening(world, handshake_seconds=0.1) as (port, places), silent(port, "127.0.0.1") as client:
            await asyncio.get_running_loop().sock_sendall(client, b"\x16\x03\x01")
            await until(lambda: places.ended == 1)
            await until(lambda: not any(type(living) is Connection for living in gc.get_objects()))
    finally:
        gc.enable()


async def test_a_body_that_was_refused_leaves_nothing_for_the_collector(world):
    """A refusal holds the frames that it passed through, and with them all that had arrived."""

    async def read(request: Request) -> Response:
        return Response(200, await request.received(BODY_BYTES))

    sent = b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nbeginning"
    gc.collect()
    gc.disable()
    try:
        async with listening(world, read, body_seconds=0.05) as (port, places):
            assert (await ask(port, world.client(), sent=sent)).startswith(b"HTTP/1.1 400")
            await until(lambda: places.ended == 1)
            await until(lambda: not any(type(living) is IncomingBody for living in gc.get_objects()))
    finally:
        gc.enable()


async def test_strangers_who_fill_their_room_for_bodies_take_none_of_a_caller_with_a_certificate(world):
    arrived, release = asyncio.Semaphore(0), asyncio.Event()

    async def keep(request: Request) -> Response:
        await request.received(BODY_BYTES)
        arrived.release()
        await release.wait()
        return Response(200, b"ok")

    sent = b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % BODY_BYTES + b"a" * BODY_BYTES
    bodies = BodyRoom(ByteBudget(6 * BODY_BYTES, 4 * BODY_BYTES), ByteBudget(2 * BODY_BYTES, BODY_BYTES))
    async with listening(world, keep, bodies) as (port, _):
        held = [asyncio.create_task(ask(port, world.client(), f"127.0.0.{number}", sent)) for number in (2, 3)]
        for _task in held:
            await asyncio.wait_for(arrived.acquire(), PATIENCE_SECONDS)
        assert (await ask(port, world.client(), "127.0.0.4", sent)).startswith(b"HTTP/1.1 503")
        held.append(asyncio.create_task(ask(port, world.client("PSDGB-FCA-1"), "127.0.0.4", sent)))
        await asyncio.wait_for(arrived.acquire(), PATIENCE_SECONDS)
        assert (bodies.strangers.held, bodies.known.held) == (2 * BODY_BYTES, BODY_BYTES)
        release.set()
        for answering in held:
            assert (await answering).startswith(b"HTTP/1.1 200")


async def test_a_body_that_was_given_up_for_another_leaves_nothing_for_the_collector(world):
    """A flood of them is most of what a server would hold: each with its connection, and with all that had arrived."""

    async def read(request: Request) -> Response:
        return Response(200, await request.received(BODY_BYTES))

    begun = b"a" * 60
    sent = b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n" + begun
    room = ByteBudget(total=100, per_peer=100)
    gc.collect()
    gc.disable()
    try:
        async with listening(world, read, BodyRoom(room, room), linger_seconds=0.05) as (port, places):
            asking = asyncio.create_task(ask(port, world.client(), sent=sent))
            await until(lambda: room.held == len(begun))
            room.take(room.open("another", lambda: None), 50)
            assert (await asking).startswith(b"HTTP/1.1 503")
            await until(lambda: places.ended == 1)
            await until(lambda: not any(type(living) in (Connection, IncomingBody) for living in gc.get_objects()))
    finally:
        gc.enable()


async def test_a_stranger_is_received_in_small_pieces_and_a_caller_with_a_certificate_in_large_ones(world):
    """What a connection's buffers grow to is what one read brings."""

    def bytes_of(connection: Connection) -> int:
        assert connection.transport is not None
        return connection.transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    arrived, release = asyncio.Semaphore(0), asyncio.Event()

    async def keep(_: Request) -> Response:
        arrived.release()
        await release.wait()
        return Response(200)

    async with listening(world, keep) as (port, _):
        held = [asyncio.create_task(ask(port, client)) for client in (world.client(), world.client("PSDGB-FCA-1"))]
        for _task in held:
            await asyncio.wait_for(arrived.acquire(), PATIENCE_SECONDS)
        sizes = sorted(bytes_of(living) for living in gc.get_objects() if type(living) is Connection and living.transport)
        release.set()
        await asyncio.gather(*held)
    small, large = sizes
    assert small <= 2 * RECEIVE_BYTES < large  # Linux doubles what is asked for
