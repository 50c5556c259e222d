"""Bodies too large for memory, over real sockets: hashed, counted in the same budget, and gone with their request, however it ends."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kernel.errors import Overloaded, Problem
from kernel.http.admission.body_room import BodyRoom
from kernel.http.admission.byte_budget import ByteBudget
from kernel.http.admission.limits import Limits
from kernel.http.message import Request, Response
from kernel.http.server.incoming_body import SPOOLED_BYTES_MAX
from kernel.http.server.listener import serve
from kernel.http.spool import SPOOL_ABOVE_BYTES, Spool
from tests.harness.patience import PATIENCE_SECONDS
from tests.world.gateway.world import request

LARGE = 3 * SPOOL_ABOVE_BYTES + 17
STATUSES = {"body_too_large": 413, "overloaded": 503}


class Surface:
    """Takes a body of up to `limit` bytes, and answers its hash and whether it was spooled; where `failing`, it breaks instead."""

    def __init__(self, limit: int = SPOOLED_BYTES_MAX) -> None:
        self.limit = limit
        self.failing = False
        self.release = asyncio.Event()
        self.release.set()
        self.asked, self.arrived, self.refused = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.spools: list[Spool] = []

    async def app(self, request: Request) -> Response:
        self.asked.set()
        request = await request.spooled(self.limit)
        assert await request.spooled(self.limit) is request  # who asks again
        if request.spool is not None:
            self.spools.append(request.spool)
        self.arrived.set()
        await self.release.wait()
        if self.failing:
            raise RuntimeError("broken")
        if request.spool is None:
            return Response(200, f"memory {hashlib.sha256(request.body).hexdigest()}".encode())
        again = hashlib.sha256()
        async for block in request.spool.blocks():
            again.update(block)
        assert again.digest() == request.spool.sha256
        assert request.body == b""
        return Response(200, f"spool {again.hexdigest()}".encode())

    def refuse(self, _request: Request, problem: Problem) -> Response:
        self.refused.set()
        return Response(STATUSES.get(problem.code, 400), problem.code.encode())


@asynccontextmanager
async def listening(surface: Surface, budget: ByteBudget, limits: Limits | None = None) -> AsyncIterator[int]:
    async with serve(
        surface.app,
        refuse=surface.refuse,
        host="127.0.0.1",
        port=0,
        ssl_context=None,
        listener="mtls",
        limits=limits or Limits(linger_seconds=0.1),
        bodies=BodyRoom(budget, budget),
    ) as port:
        yield port


def head(length: int | None) -> bytes:
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return f"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{framing}\r\n\r\n".encode()


async def answer_to(port: int, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            writer.write(sent)
            while piece := await reader.read(65_536):
                answer += piece
    except ConnectionError:
        pass
    finally:
        writer.close()
    return answer


def budget_of(per_peer: int = SPOOLED_BYTES_MAX) -> ByteBudget:
    return ByteBudget(total=4 * SPOOLED_BYTES_MAX, per_peer=per_peer)


@pytest.mark.parametrize(
    ("length", "where"),
    [
        (0, "memory"), (5, "memory"), (SPOOL_ABOVE_BYTES, "memory"), (SPOOL_ABOVE_BYTES + 1, "spool"), (LARGE, "spool"),
        (SPOOLED_BYTES_MAX, "spool"),
    ],
)  # fmt: skip
async def test_a_body_is_hashed_wherever_it_lies_and_nothing_of_it_is_left(length: int, where: str):
    body, budget, surface = os.urandom(length), budget_of(), Surface()
    async with listening(surface, budget) as port:
        answer = await answer_to(port, head(length) + body)
    assert answer.endswith(f"{where} {hashlib.sha256(body).hexdigest()}".encode())
    assert len(surface.spools) == (where == "spool")
    assert all(spool.is_closed for spool in surface.spools)
    assert budget.held == 0


async def test_what_is_spooled_counts_until_its_request_is_answered():
    budget, surface = budget_of(per_peer=LARGE + 1000), Surface()
    surface.release.clear()
    async with listening(surface, budget) as port:
        first = asyncio.create_task(answer_to(port, head(LARGE) + b"a" * LARGE))
        await surface.arrived.wait()
        assert budget.held == LARGE
        assert (await answer_to(port, head(LARGE) + b"a" * LARGE)).startswith(b"HTTP/1.1 503")  # of the same peer
        surface.release.set()
        assert (await first).startswith(b"HTTP/1.1 200")
        assert budget.held == 0


@pytest.mark.parametrize(
    ("limit", "announced"), [(LARGE, LARGE + 1), (LARGE, 1 << 40), (SPOOLED_BYTES_MAX + 5, SPOOLED_BYTES_MAX + 1)]
)
async def test_what_announces_too_much_is_refused_before_a_byte_of_it(limit: int, announced: int):
    budget, surface = budget_of(per_peer=2 * SPOOLED_BYTES_MAX), Surface(limit)
    async with listening(surface, budget) as port:
        assert (await answer_to(port, head(announced))).startswith(b"HTTP/1.1 413")
    assert surface.spools == []


async def test_what_no_peer_could_hold_is_refused_by_its_head():
    async with listening(Surface(), budget_of(per_peer=LARGE - 1)) as port:
        assert (await answer_to(port, head(LARGE))).startswith(b"HTTP/1.1 413")


async def test_what_announces_nothing_is_refused_where_it_grows_too_large():
    chunk = b"a" * 60_000
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for _ in range(10))
    budget, surface = budget_of(), Surface(limit=400_000)
    async with listening(surface, budget) as port:
        assert (await answer_to(port, head(None) + body)).startswith(b"HTTP/1.1 413")
    assert budget.held == 0


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Spool]:
    """Every spool that something was written to."""
    spools: list[Spool] = []
    append = Spool._append

    def noted(spool: Spool, block: bytes) -> None:
        append(spool, block)
        if spool not in spools:
            spools.append(spool)

    monkeypatch.setattr(Spool, "_append", noted)
    return spools


async def test_the_spool_of_a_body_that_breaks_off_is_gone(made: list[Spool]):
    budget, surface = budget_of(), Surface()
    async with listening(surface, budget) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head(LARGE) + b"a" * (LARGE - 1))
        await writer.drain()
        while not made:
            await surface.asked.wait()
            await asyncio.sleep(0)
        writer.close()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await surface.refused.wait()
    assert [spool.is_closed for spool in made] == [True]
    assert budget.held == 0


async def test_the_spool_of_a_body_that_comes_too_slowly_is_gone(made: list[Spool]):
    budget = budget_of()
    async with listening(Surface(), budget, Limits(body_seconds=0.3, linger_seconds=0.1)) as port:
        assert (await answer_to(port, head(LARGE) + b"a" * (LARGE - 1))).startswith(b"HTTP/1.1 400")
    assert all(spool.is_closed for spool in made)
    assert budget.held == 0


async def test_the_spool_of_a_request_that_fails_is_gone():
    budget, surface = budget_of(), Surface()
    surface.failing = True
    async with listening(surface, budget) as port:
        assert (await answer_to(port, head(LARGE) + b"a" * LARGE)).startswith(b"HTTP/1.1 500")
    assert [spool.is_closed for spool in surface.spools] == [True]
    assert budget.held == 0


async def test_where_the_disk_has_no_room_the_body_is_refused(monkeypatch: pytest.MonkeyPatch):
    def full(_spool: Spool, _block: bytes) -> None:
        raise OSError("full")

    monkeypatch.setattr(Spool, "_append", full)
    budget = budget_of()
    async with listening(Surface(), budget) as port:
        assert (await answer_to(port, head(LARGE) + b"a" * LARGE)).startswith(b"HTTP/1.1 503")
    assert budget.held == 0


async def test_a_request_that_has_its_body_already_is_judged_by_its_size():
    assert (await request(body=b"abc").spooled(3)).body == b"abc"
    with pytest.raises(Problem) as refused:
        await request(body=b"abcd").spooled(3)
    assert not isinstance(refused.value, Overloaded)
