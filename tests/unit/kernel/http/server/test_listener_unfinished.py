"""Parts of requests that a client never finishes: heads, chunk extensions, trailers, requests ahead of their answers. All of it counts as it arrives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from structlog.testing import capture_logs

from kernel.errors import Problem
from kernel.http.admission.limits import Limits
from kernel.http.head import FIELD_BYTES_MAX, HEAD_BYTES_MAX
from kernel.http.message import Request, Response
from kernel.http.server import acceptor, bounded_parser
from kernel.http.server.incoming_body import BODY_BYTES_MAX
from kernel.http.server.listener import serve
from tests.harness.patience import PATIENCE_SECONDS

BEGUN = b"GET /x HTTP/1.1\r\nHost: a\r\n"
WHOLE = BEGUN + b"\r\n"
REFUSED = b"HTTP/1.0 431 "  # in the version that every client reads: the head's own was not read
SENT_MAX = 400_000  # far above every limit, and below what sockets between the two ends would take in


class Surface:
    """Says what it received; keeps `/wait` waiting."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.waiting = asyncio.Event()
        self.release = asyncio.Event()

    async def app(self, request: Request) -> Response:
        if request.path == "/wait":
            self.waiting.set()
            await self.release.wait()
        request = await request.received(BODY_BYTES_MAX)
        self.bodies.append(request.body)
        return Response(200, str(len(request.body)).encode())

    def refuse(self, _: Request, problem: Problem) -> Response:
        return Response(400, problem.code.encode())


@asynccontextmanager
async def listening(surface: Surface | None = None, **limits) -> AsyncIterator[int]:
    surface = surface or Surface()
    options = {"host": "127.0.0.1", "port": 0, "ssl_context": None, "listener": "public", "limits": Limits(**limits)}
    async with serve(surface.app, refuse=surface.refuse, **options) as port:
        yield port


@asynccontextmanager
async def connected(port: int, address: str = "127.0.0.1") -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    try:
        yield reader, writer
    finally:
        writer.close()


async def rest_of(reader: asyncio.StreamReader) -> bytes:
    """The rest that comes until the server closes; after what it did not read, it may do so with a reset."""
    received = b""
    async with asyncio.timeout(PATIENCE_SECONDS):
        try:
            while part := await reader.read(65_536):
                received += part
        except ConnectionError:
            pass
    return received


ENDLESS = {
    "request line": (b"GET /", b"a"),
    "blank lines": (b"", b"\r\n"),
    "one field": (BEGUN + b"X-Long: ", b"a"),
    "a name": (BEGUN, b"a"),
    "blanks before a value": (BEGUN + b"X-Blank:", b" "),
    "large fields": (BEGUN, b"X-Large: " + b"a" * 15_000 + b"\r\n"),
    "middling fields": (BEGUN, b"X-Middling: " + b"a" * 900 + b"\r\n"),
}


@pytest.mark.spec("RFC6585-5")
@pytest.mark.parametrize("before", [b"", WHOLE], ids=["fresh", "kept alive"])
@pytest.mark.parametrize(("begun", "more"), ENDLESS.values(), ids=ENDLESS.keys())
async def test_a_head_without_end_is_refused_as_it_arrives(before, begun, more):
    async with listening() as port, connected(port) as (reader, writer):
        if before:
            writer.write(before)
            await reader.readuntil(b"\r\n\r\n0")
        writer.write(begun + more * (SENT_MAX // len(more)))
        assert (await rest_of(reader)).startswith(REFUSED)


async def test_many_small_fields_are_refused_as_they_arrive():
    async with listening() as port, connected(port) as (reader, writer):
        writer.write(BEGUN + b"x: y\r\n" * 200)
        assert (await rest_of(reader)).startswith(b"HTTP/1.0 400 ")


async def test_a_refused_head_is_not_looked_at_any_more():
    """Also not for what could be read in it: the rest of a head is no request."""
    surface = Surface()
    async with listening(surface) as port, connected(port) as (reader, writer):
        writer.write(BEGUN + b"X-Long: " + b"a" * (FIELD_BYTES_MAX + 1))
        await reader.readexactly(12)
        writer.write(b"\r\n\r\n" + WHOLE)
        assert b"HTTP/1.1" not in await rest_of(reader)
    assert surface.bodies == []


async def test_heads_that_are_refused_without_end_are_few_lines_in_the_log():
    with capture_logs() as lines:
        async with listening() as port:
            for _ in range(5):
                async with connected(port) as (reader, writer):
                    writer.write(BEGUN + b"X-Long: " + b"a" * (FIELD_BYTES_MAX + 1))
                    assert (await rest_of(reader)).startswith(REFUSED)
    assert [(line["share"], line["status"]) for line in lines if line["event"] == "http_refused"] == [("127.0.0.1", 431)]


async def test_a_whole_head_just_below_the_limits_is_served():
    fields = b"".join(b"X-%d: " % number + b"a" * 15_000 + b"\r\n" for number in range(4))
    async with listening() as port, connected(port) as (reader, writer):
        for _ in range(3):
            writer.write(BEGUN + fields + b"\r\n")
            assert (await reader.readuntil(b"\r\n\r\n0")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "tail",
    [b"1;" + b"e" * SENT_MAX, b"0\r\n" + b"X-Trailer: " + b"a" * SENT_MAX, b"0\r\n" + b"X-Trailer: aaaaaaaa\r\n" * 20_000],
    ids=["chunk extension", "one trailer", "trailers"],
)
async def test_what_is_no_body_counts_while_a_body_is_read(tail):
    async with listening() as port, connected(port) as (reader, writer):
        writer.write(b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        await asyncio.sleep(0)
        writer.write(tail)
        answer = await rest_of(reader)
    assert b"request_malformed" in answer or answer.startswith(REFUSED)


async def test_bodies_that_come_in_one_piece_with_more_requests_arrive_whole():
    """What waits while a body is read or an answer is awaited is parsed later, all of it and in order."""
    surface = Surface()
    large = b"a" * 150_000
    chunked = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (b"b" * 40_000, b"c", b"d" * 30_000)) + b"0\r\n\r\n"
    sent = [
        b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(large) + large,
        b"POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked,
        *[WHOLE] * 40,
        b"POST /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nend",
    ]
    async with listening(surface) as port, connected(port) as (reader, writer):
        writer.write(b"".join(sent))
        answers = await rest_of(reader)
    assert answers.count(b"HTTP/1.1 200 OK") == len(sent)
    assert [len(body) for body in surface.bodies] == [150_000, 70_001, *[0] * 40, 3]


async def test_requests_ahead_of_their_answers_are_bounded(monkeypatch):
    monkeypatch.setattr(acceptor, "RECEIVE_BYTES", SENT_MAX)  # one read may bring more than is borne
    surface = Surface()
    async with listening(surface) as port, connected(port) as (reader, writer):
        writer.write(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
        await surface.waiting.wait()
        writer.write(WHOLE * (SENT_MAX // len(WHOLE)))
        for _ in range(20):  # turns of the loop, in which all of it arrives
            await asyncio.sleep(0)
        surface.release.set()
        answers = await rest_of(reader)
    assert answers.count(b"HTTP/1.1 200 OK") < HEAD_BYTES_MAX
    assert answers[answers.rindex(b"HTTP/1.") :].startswith(REFUSED)


async def test_unfinished_heads_share_one_budget_and_whole_ones_need_none():
    begun = BEGUN + b"X-Held: " + b"a" * (bounded_parser.FREE_BYTES + 4000)
    async with (
        listening(unfinished_head_bytes=20_000, unfinished_head_bytes_per_peer=6000) as port,
        connected(port) as one,
        connected(port) as two,
        connected(port) as three,
    ):
        for _, writer in (one, two):
            writer.write(begun)
        answering = [asyncio.create_task(reader.readuntil(b"\r\n")) for reader, _ in (one, two)]
        (refused,), (held,) = await asyncio.wait(answering, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE_SECONDS)
        assert refused.result().startswith(b"HTTP/1.0 503 ")
        reader, writer = three
        writer.write(begun + b"\r\n\r\n")
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200 ")
        _, writer = (one, two)[answering.index(held)]
        writer.write(b"\r\n\r\n")
        assert (await held).startswith(b"HTTP/1.1 200 ")
        reader, writer = three  # which finds the room that was given back
        writer.write(begun)
        await asyncio.sleep(0)
        writer.write(b"\r\n\r\n")
        assert b"HTTP/1.1 200 " in await reader.readuntil(b"\r\n\r\n0") + await reader.readuntil(b"\r\n\r\n0")


async def test_however_many_addresses_fill_the_budget_an_honest_head_of_12_kib_passes():
    """The greediest address's oldest unfinished head gives way."""
    begun, limits = BEGUN + b"X-Held: " + b"a" * (bounded_parser.FREE_BYTES + 6000), {"unfinished_head_bytes_per_peer": 25_000}
    async with listening(unfinished_head_bytes=200_000, **limits) as port, AsyncExitStack() as stack:
        for address in (f"127.0.0.{number}" for number in range(2, 22)):
            for _ in range(4):
                _, writer = await stack.enter_async_context(connected(port, address))
                writer.write(begun)
        reader, writer = await stack.enter_async_context(connected(port))
        writer.write(BEGUN + b"X-Honest: " + b"a" * 12_000)
        await settled(port)
        writer.write(b"\r\n\r\n")
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200 ")


async def test_a_head_that_gives_way_is_answered_and_its_connection_ends():
    begun = BEGUN + b"X-Held: " + b"a" * bounded_parser.FREE_BYTES
    async with (
        listening(unfinished_head_bytes=7000, unfinished_head_bytes_per_peer=7000) as port,
        connected(port, "127.0.0.2") as (hostile, hostile_writer),
        connected(port) as (reader, writer),
    ):
        hostile_writer.write(begun + b"a" * 6000)
        await settled(port)
        writer.write(begun + b"a" * 3000)
        assert (await rest_of(hostile)).startswith(b"HTTP/1.0 503 ")
        writer.write(b"\r\n\r\n")
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200 ")


async def settled(port: int) -> None:
    """The server has had turns to read what was sent before."""
    for _ in range(5):
        async with connected(port) as (reader, writer):
            writer.write(WHOLE)
            await reader.readuntil(b"\r\n\r\n0")


async def test_the_next_head_of_a_kept_connection_has_a_time_to_end():
    async with listening(head_seconds=0.2) as port, connected(port) as (reader, writer):
        writer.write(WHOLE)
        await reader.readuntil(b"\r\n\r\n0")
        trickling = asyncio.create_task(trickle(writer))
        try:
            assert await rest_of(reader) == b""
        finally:
            trickling.cancel()


async def trickle(writer: asyncio.StreamWriter) -> None:
    writer.write(BEGUN + b"X-Slow: ")
    while not writer.is_closing():
        await asyncio.sleep(0.05)
        writer.write(b"a")


async def test_a_server_that_stops_ends_what_waits_for_an_answer_to_be_read():
    """Of a body that was left unread: nothing of the connection is left behind."""
    failed: list[dict] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: failed.append(context))
    surface = Surface()
    surface.app = refuse_unread
    async with listening(surface, stop_seconds=0.01) as port, connected(port) as (reader, writer):
        writer.write(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegun")
        await reader.readuntil(b"early")
    await asyncio.sleep(0)
    assert failed == []


async def refuse_unread(_request: Request) -> Response:
    return Response(401, b"early")
