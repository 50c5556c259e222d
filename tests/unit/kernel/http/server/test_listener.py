"""kernel/http/server/listener.py over real sockets: limits, refusals, garbage, deadlines, stopping."""

import asyncio
import io
import logging
from contextlib import asynccontextmanager

import pytest
import structlog
from multidict import CIMultiDict

from kernel.clock import SystemClock
from kernel.errors import Overloaded, Problem
from kernel.http.admission.limits import Limits
from kernel.http.client_cert import TrustedProxies
from kernel.http.message import Request, Response
from kernel.http.server.incoming_body import BODY_BYTES_MAX
from kernel.http.server.listener import serve
from kernel.observability import log
from kernel.observability.interaction import interaction_id
from tests.harness.patience import PATIENCE_SECONDS


class Surface:
    """An application that says what it received, and refuses in words of its own."""

    def __init__(self, body_bytes_max: int = BODY_BYTES_MAX) -> None:
        self.body_bytes_max = body_bytes_max
        self.heads: list[Request] = []
        self.requests: list[Request] = []
        self.refused: list[tuple[Request, Problem]] = []
        self.waiting = asyncio.Event()
        self.release = asyncio.Event()

    async def app(self, request: Request) -> Response:
        self.heads.append(request)
        if request.path == "/unread":
            return Response(200, b"unread")
        request = await request.received(self.body_bytes_max)
        self.requests.append(request)
        if request.path == "/wait":
            self.waiting.set()
            await self.release.wait()
        if request.path == "/broken":
            interaction_id.set("7ec4b7a6-2b3c-4a0e-9f4f-000000000001")
            raise RuntimeError("secret detail")
        if request.path == "/late":
            raise TimeoutError
        if request.path == "/large":
            return Response(200, b"x" * 20_000_000)
        if request.path == "/nothing":
            return Response(403)
        return Response(200, b"echo:" + request.body, CIMultiDict({"Content-Type": "text/plain"}))

    def refuse(self, request: Request, problem: Problem) -> Response:
        self.refused.append((request, problem))
        return Response(503 if isinstance(problem, Overloaded) else 400, problem.code.encode())


@asynccontextmanager
async def listening(surface: Surface, **options):
    limits = options.pop("limits", Limits())
    async with serve(
        surface.app,
        refuse=surface.refuse,
        host="127.0.0.1",
        port=0,
        ssl_context=None,
        listener="public",
        limits=limits,
        **options,
    ) as port:
        yield port


async def exchange(port: int, sent: bytes, *, seconds: float = PATIENCE_SECONDS) -> bytes:
    """Everything that comes back until the server closes, or cuts off a client that still sends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        writer.write(sent)
        async with asyncio.timeout(seconds):
            while piece := await reader.read(65_536):
                answer += piece
        return answer
    except ConnectionError:
        if not answer:
            raise
        return answer
    finally:
        writer.close()


def head(line: str, *headers: str) -> bytes:
    return "\r\n".join([line, "Host: Bank.Example:8443", "Connection: close", *headers, "", ""]).encode()


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.fixture
def logged():
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    log.configure(SystemClock(), stream=stream, console=False)
    yield stream
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


async def test_hands_the_whole_request_to_the_application():
    surface = Surface()
    async with listening(surface) as port:
        answer = await exchange(
            port, head("POST /a%20b?x=1&x=2 HTTP/1.1", "Content-Length: 5", "X-Two: 1", "X-Two: 2") + b"hello"
        )
    (request,) = surface.requests
    assert (status_of(answer), body_of(answer)) == (200, b"echo:hello")
    assert (request.method, request.path, request.query) == ("POST", "/a b", (("x", "1"), ("x", "2")))
    assert (request.host, request.peer, request.listener) == ("bank.example:8443", "127.0.0.1", "public")
    assert request.headers.getall("x-two") == ["1", "2"]
    assert request.certificate is None


async def test_an_answer_without_a_body_has_no_content_type_and_no_answer_names_a_version():
    async with listening(Surface()) as port:
        answer = await exchange(port, head("GET /nothing HTTP/1.1"))
    headers = answer.lower()
    assert status_of(answer) == 403
    assert b"content-length: 0" in headers
    assert b"content-type" not in headers
    assert b"\r\nserver: portcullis\r\n" in headers
    assert b"\r\ndate: " in headers
    assert b"aiohttp" not in headers


async def test_the_connection_serves_again_after_an_unhandled_exception(logged):
    async with listening(Surface()) as port:
        answers = await exchange(port, b"GET /broken HTTP/1.1\r\nHost: a\r\n\r\n" + head("GET /after HTTP/1.1"))
    first, second = answers.split(b"HTTP/1.1 200", 1)
    assert status_of(first) == 500
    assert body_of(first) == b""
    assert body_of(second) == b"echo:"
    assert '"interaction_id":"7ec4b7a6-2b3c-4a0e-9f4f-000000000001"' in logged.getvalue()
    assert "RuntimeError" in logged.getvalue()


async def test_a_timeout_of_the_applications_own_is_a_failure_like_any_other(logged):
    async with listening(Surface()) as port:
        assert status_of(await exchange(port, head("GET /late HTTP/1.1"))) == 500


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/a/../b"),
        ("GET", "/a%2fb"),
        ("GET", "/a%ff"),
        ("GET", "/a?b=%ff"),
        ("OPTIONS", "*"),
        ("CONNECT", "bank.example:443"),
    ],
)
async def test_a_target_that_cannot_be_read_is_refused_by_the_surface(method, target):
    surface = Surface()
    async with listening(surface) as port:
        answer = await exchange(port, head(f"{method} {target} HTTP/1.1"))
    assert (status_of(answer), body_of(answer)) == (400, b"request_malformed")
    assert surface.refused[0][0].path == target.partition("?")[0]
    assert not surface.requests


async def test_a_header_of_nine_kilobytes_reaches_the_application():
    surface = Surface()
    async with listening(surface) as port:
        answer = await exchange(port, head("GET / HTTP/1.1", "Authorization: Bearer " + "a" * 9000, "Authorization: Bearer b"))
    assert status_of(answer) == 200
    assert [len(value) for value in surface.requests[0].headers.getall("Authorization")] == [9007, 8]


async def test_headers_that_are_no_text_are_refused_by_the_surface():
    surface = Surface()
    async with listening(surface) as port:
        sent = b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Bytes: \xff\r\n\r\n"
        assert body_of(await exchange(port, sent)) == b"header_invalid"


async def test_an_announced_body_above_the_limit_is_refused_without_waiting_for_it():
    surface = Surface()
    async with listening(surface) as port:
        answer = await exchange(
            port,
            f"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: {BODY_BYTES_MAX + 1}\r\n\r\n".encode() + b"a" * (BODY_BYTES_MAX + 1),
        )
    assert body_of(answer) == b"body_too_large"
    assert b"connection: close" in answer.lower()
    assert not surface.requests


async def test_a_chunked_body_above_the_limit_of_its_surface_is_refused():
    sent = b"Transfer-Encoding: chunked\r\n\r\n" + b"b\r\nhello hello\r\n0\r\n\r\n"
    async with listening(Surface(10)) as port:
        small = await exchange(port, b"POST /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + sent)
    async with listening(Surface(100)) as port:
        other = await exchange(port, b"POST /other HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + sent)
    assert body_of(small) == b"body_too_large"
    assert body_of(other) == b"echo:hello hello"


async def test_no_surface_can_raise_the_hard_limit():
    async with listening(Surface(10 * BODY_BYTES_MAX)) as port:
        sent = head("POST /x HTTP/1.1", f"Content-Length: {BODY_BYTES_MAX + 1}") + b"a" * (BODY_BYTES_MAX + 1)
        assert body_of(await exchange(port, sent)) == b"body_too_large"


async def test_a_packed_body_is_refused_not_unpacked():
    surface = Surface()
    async with listening(surface) as port:
        answer = await exchange(port, head("POST /x HTTP/1.1", "Content-Encoding: gzip", "Content-Length: 3") + b"abc")
    assert body_of(answer) == b"media_type_unsupported"


@pytest.mark.spec("RFC9110-10.1.1")
@pytest.mark.spec("RFC9110-15.2.1")
async def test_a_client_that_asks_first_goes_on_or_is_refused():
    async with listening(Surface(), limits=Limits(linger_seconds=0.1)) as port:
        expecting = head("POST /x HTTP/1.1", "Expect: 100-continue", "Content-Length: 2")
        assert (await exchange(port, expecting + b"ok")).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
        refused = head("POST /x HTTP/1.1", "Expect: 100-continue", f"Content-Length: {BODY_BYTES_MAX + 1}")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(refused)
        assert (await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS)).startswith(b"HTTP/1.1 400")
        writer.close()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Canary\x00: canary-value\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX Canary: canary-value\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: canary-value\r\n\r\n",
        b"GET / HTTP/1.1\r\nX-Canary: canary-value\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: canary-value\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Canary: " + b"canary-value" * 10_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Canary: canary-value\r\n" * 200 + b"\r\n",
    ],
)
@pytest.mark.spec("RFC9112-2.2")
async def test_what_is_no_http_gets_a_bare_status_and_leaves_no_trace(garbage, logged):
    surface = Surface()
    async with listening(surface) as port:
        answer = await exchange(port, garbage)
    assert status_of(answer) in {400, 431}
    assert body_of(answer) == b""
    assert b"content-type" not in answer.lower()
    assert b"aiohttp" not in answer.lower()
    assert "canary-value" not in logged.getvalue()
    assert not surface.requests


async def test_a_body_that_is_broken_off_or_garbled_never_reaches_the_application(logged):
    surface = Surface()
    async with listening(surface) as port:
        await exchange(port, head("POST /x HTTP/1.1", "Transfer-Encoding: chunked") + b"zz\r\ncanary-value\r\n")
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head("POST /x HTTP/1.1", "Content-Length: 10") + b"abc")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert body_of(await exchange(port, head("GET /x HTTP/1.1"))) == b"echo:"
    assert len(surface.requests) == 1
    assert "canary-value" not in logged.getvalue()


async def test_a_refused_upgrade_leaves_the_connection_usable():
    async with listening(Surface()) as port:
        upgrade = b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        answer = await exchange(port, upgrade + head("GET /b HTTP/1.1"))
    assert answer.count(b"HTTP/1.1 200") == 2


@pytest.mark.parametrize(
    ("sent", "more"),
    [(b"", b""), (b"GET / HTT", b""), (b"GET / HTTP/1.1\r\nX-Slow: ", b"a")],
    ids=["silent", "stuck", "trickling"],
)
async def test_a_first_request_that_does_not_end_is_cut_off(sent, more):
    async with listening(Surface(), limits=Limits(head_seconds=0.2)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def trickle() -> None:
            writer.write(sent)
            while not reader.at_eof():
                await asyncio.sleep(0.05)
                writer.write(more)

        trickling = asyncio.create_task(trickle())
        try:
            assert await asyncio.wait_for(_until_closed(reader), PATIENCE_SECONDS) == b""
        finally:
            trickling.cancel()
            writer.close()


async def _until_closed(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""


@pytest.mark.spec("RFC9112-9.5")
async def test_an_idle_connection_is_closed_also_when_it_trickles_its_next_request():
    async with listening(Surface(), limits=Limits(idle_seconds=0.3)) as port:
        answer = await exchange(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nX-Slow: ")
    assert answer.count(b"HTTP/1.1") == 1


async def test_a_body_that_does_not_arrive_is_refused_at_the_deadline():
    surface = Surface()
    async with listening(surface, limits=Limits(body_seconds=0.2, linger_seconds=0.1)) as port:
        answer = await exchange(port, b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
    assert body_of(answer) == b"request_malformed"
    assert not surface.requests


async def test_an_application_that_takes_too_long_is_answered_for(logged):
    surface = Surface()
    async with listening(surface, limits=Limits(request_seconds=0.2)) as port:
        answer = await exchange(port, head("GET /wait HTTP/1.1"))
    assert (status_of(answer), body_of(answer)) == (503, b"overloaded")


async def test_a_client_that_does_not_read_is_cut_off():
    async with listening(Surface(), limits=Limits(write_seconds=0.2)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(head("GET /large HTTP/1.1"))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not writer.is_closing():  # a write is answered by a reset as soon as the server has let go
                await asyncio.sleep(0.02)
                writer.write(b"a")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(20_000_000)


async def test_connections_above_the_limit_are_closed_and_room_is_given_back():
    surface = Surface()
    async with listening(surface, limits=Limits(connections=1)) as port:
        answer = asyncio.create_task(exchange(port, head("GET /wait HTTP/1.1")))
        await surface.waiting.wait()
        assert await _try(port) == b""
        surface.release.set()
        assert status_of(await answer) == 200
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (answer := await _try(port)):
                pass
        assert status_of(answer) == 200


async def _try(port: int) -> bytes:
    try:
        return await exchange(port, head("GET / HTTP/1.1"))
    except ConnectionError:
        return b""


async def test_stopping_lets_a_request_in_flight_end():
    surface = Surface()
    context = listening(surface)
    port = await context.__aenter__()
    answer = asyncio.create_task(exchange(port, head("GET /wait HTTP/1.1")))
    await surface.waiting.wait()
    stopping = asyncio.create_task(context.__aexit__(None, None, None))
    await asyncio.sleep(0)
    assert await _try(port) == b""
    assert not answer.done()
    surface.release.set()
    await stopping
    assert status_of(await answer) == 200


@pytest.mark.spec("RFC9440-4")
async def test_a_certificate_header_counts_from_a_configured_proxy_only():
    surface = Surface()
    spoof = head("GET / HTTP/1.1", "Client-Cert: :AAAA:")
    async with listening(surface) as port:
        assert status_of(await exchange(port, spoof)) == 200
    assert "Client-Cert" not in surface.requests[0].headers
    assert surface.requests[0].certificate is None
    async with listening(surface, proxies=TrustedProxies.parse(["127.0.0.1"])) as port:
        assert body_of(await exchange(port, spoof)) == b"certificate_invalid"
