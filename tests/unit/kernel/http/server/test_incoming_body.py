"""kernel/http/server/incoming_body.py over real sockets: no byte of a body is read before its surface asks, and what is read is counted."""

import asyncio
import contextlib
import socket
from contextlib import asynccontextmanager

import pytest
from multidict import CIMultiDict

from kernel.errors import Overloaded, Problem
from kernel.http.admission.body_room import BodyRoom
from kernel.http.admission.byte_budget import ByteBudget
from kernel.http.admission.limits import Limits
from kernel.http.message import Request, Response
from kernel.http.server.listener import serve
from tests.harness.patience import PATIENCE_SECONDS

ANNOUNCED = 1_000_000
CONTINUE = b"HTTP/1.1 100 Continue\r\n"


class Surface:
    """Takes a body at `/take`, where it answers when it is released; refuses the head of anything else."""

    def __init__(self) -> None:
        self.arrived = asyncio.Semaphore(0)
        self.release = asyncio.Event()
        self.release.set()
        self.asked, self.refused = asyncio.Event(), asyncio.Event()

    async def app(self, request: Request) -> Response:
        if request.path != "/take":
            return Response(404, b"unread:" + request.body)
        self.asked.set()
        request = await request.received(ANNOUNCED)
        self.arrived.release()
        await self.release.wait()
        return Response(200, str(len(request.body)).encode())

    def refuse(self, _request: Request, problem: Problem) -> Response:
        self.refused.set()
        return Response(503 if isinstance(problem, Overloaded) else 400, problem.code.encode(), CIMultiDict({"X": "refused"}))


@asynccontextmanager
async def listening(surface: Surface, budget: ByteBudget | None = None, limits: Limits | None = None):
    limits = limits or Limits(linger_seconds=0.1)
    async with serve(
        surface.app,
        refuse=surface.refuse,
        host="127.0.0.1",
        port=0,
        ssl_context=None,
        listener="public",
        limits=limits,
        bodies=None if budget is None else BodyRoom(budget, budget),
    ) as port:
        yield port


def head(path: str, length: int = ANNOUNCED, *headers: str) -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: a", f"Content-Length: {length}", *headers, "", ""]).encode()


async def answer_to(port: int, sent: bytes) -> bytes:
    """The bytes that come back until the server closes, or cuts off a client that still sends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        writer.write(sent)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while piece := await reader.read(65_536):
                answer += piece
        return answer
    except ConnectionError:
        return answer
    finally:
        writer.close()


async def test_a_head_that_is_refused_is_answered_before_a_byte_of_its_body():
    async with listening(Surface()) as port:
        answer = await answer_to(port, head("/another"))
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"connection: close" in answer.lower()
    assert answer.endswith(b"unread:")


@pytest.mark.spec("RFC9110-10.1.1")
async def test_a_client_that_asks_first_goes_on_only_once_its_head_has_passed():
    async with listening(Surface()) as port:
        assert (await answer_to(port, head("/another", 2, "Expect: 100-continue"))).startswith(b"HTTP/1.1 404")
        passed = await answer_to(port, head("/take", 2, "Expect: 100-continue", "Connection: close") + b"ok")
    assert passed.startswith(CONTINUE)
    assert passed.endswith(b"2")


async def test_a_body_that_arrived_with_a_refused_head_leaves_the_connection_usable():
    async with listening(Surface()) as port:
        answer = await answer_to(port, head("/another", 2) + b"no" + head("/take", 2, "Connection: close") + b"ok")
    assert answer.count(b"HTTP/1.1") == 2
    assert answer.endswith(b"2")


async def test_a_large_body_that_is_refused_is_not_read_away():
    """What the kernel's buffers take is taken; then its sender waits, and is cut off."""
    async with listening(Surface(), limits=Limits()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        sent, piece = 0, b"a" * 65_536
        writer.write(head("/another", 1 << 30) + piece)
        assert (await reader.readline()).startswith(b"HTTP/1.1 404")
        with contextlib.suppress(ConnectionError):
            while sent < 1 << 28:
                writer.write(piece)
                await writer.drain()
                sent += len(piece)
        writer.close()
        assert sent < 1 << 19


async def test_an_announcement_takes_no_room():
    budget = ByteBudget(total=4_000_000, per_peer=2_000_000)
    surface = Surface()
    async with listening(surface, budget) as port:
        waiting = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        for _, writer in waiting:
            writer.write(head("/take"))
            await writer.drain()
        assert (await answer_to(port, head("/take", 5, "Connection: close") + b"hello")).endswith(b"5")
        assert budget.held == 0
        for _, writer in waiting:
            writer.close()


async def test_bodies_are_counted_until_they_are_answered_and_what_finds_no_room_is_shed():
    budget = ByteBudget(total=3_000_000, per_peer=1_500_000)
    surface = Surface()
    surface.release.clear()
    async with listening(surface, budget) as port:
        sent = head("/take", ANNOUNCED, "Connection: close") + b"a" * ANNOUNCED
        first = asyncio.create_task(answer_to(port, sent))
        await surface.arrived.acquire()
        assert budget.held == ANNOUNCED
        assert (await answer_to(port, sent)).startswith(b"HTTP/1.1 503")  # of the same peer
        assert budget.held == ANNOUNCED
        surface.release.set()
        assert (await first).endswith(str(ANNOUNCED).encode())
        assert budget.held == 0


async def test_a_body_that_trickles_is_refused_at_its_deadline_and_its_room_is_free_again():
    budget = ByteBudget(total=ANNOUNCED, per_peer=ANNOUNCED)
    async with listening(Surface(), budget, Limits(body_seconds=0.2, linger_seconds=0.1)) as port:
        answer = await answer_to(port, head("/take") + b"a" * 100_000)
    assert answer.endswith(b"request_malformed")
    assert budget.held == 0


async def test_a_body_that_breaks_off_gives_its_room_back():
    budget, surface = ByteBudget(total=ANNOUNCED, per_peer=ANNOUNCED), Surface()
    async with listening(surface, budget) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head("/take") + b"a" * 100_000)
        await writer.drain()
        await surface.asked.wait()
        writer.close()
        await surface.refused.wait()
        assert (await answer_to(port, head("/take", 2, "Connection: close") + b"ok")).endswith(b"2")
    assert budget.held == 0


async def test_empty_bodies_of_one_address_at_once_are_each_answered():
    surface = Surface()
    surface.release.clear()
    sent = b"POST /take HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    async with listening(surface) as port:
        connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        for _reader, writer in connections:
            writer.write(sent)
            await surface.arrived.acquire()
        surface.release.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            statuses = [(await reader.readline()).split()[1] for reader, _writer in connections]
        for _reader, writer in connections:
            writer.close()
    assert statuses == [b"200"] * 3


async def test_a_client_of_http_1_0_is_sent_no_interim_answer():
    """RFC 9110 section 10.1.1. It would take `100 Continue` for the answer itself."""
    async with listening(Surface()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /take HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc")
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert (await reader.readline()).split()[1] == b"200"
        writer.close()
