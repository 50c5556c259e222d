"""A body on its way: read when its surface asks for it, which is after the head was judged; within a limit, a budget and a time.

RFC 9110 section 10.1.1: a client that expects `100 (Continue)` receives it when the body is asked for, or the final answer instead; one
of HTTP/1.0, which knows no such answer, never does.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Final, TypeVar

from aiohttp import web

from kernel.errors import BodyTooLarge, MediaTypeUnsupported, Overloaded, Problem, RequestMalformed
from kernel.http.admission.byte_budget import ByteBudget, Holding
from kernel.http.admission.limits import BUFFERED_BYTES_PER_PEER_MAX
from kernel.http.server.connection import RawRequest
from kernel.http.spool import SPOOL_ABOVE_BYTES, Spool

BODY_BYTES_MAX: Final = 1_048_576  # of one body in memory, for every surface
SPOOLED_BYTES_MAX: Final = BUFFERED_BYTES_PER_PEER_MAX  # of one spooled body, for every operation: as many as one peer may hold

T = TypeVar("T")


class IncomingBody:
    """The body of one request. What it holds of the budget and the disk is given back by `end`, once the request is answered."""

    def __init__(self, raw: RawRequest, budget: ByteBudget, share: str, seconds: float) -> None:
        self._raw = raw
        self._budget = budget
        self._share = share
        self._seconds = seconds
        self._holding: Holding | None = None
        self._deadline = asyncio.timeout(None)
        self._refusal: Problem | None = None
        self._given_up: Problem | None = None
        self._spool: Spool | None = None

    async def read(self, limit: int) -> bytes:
        """The whole of it, once. Raises MediaTypeUnsupported, BodyTooLarge, RequestMalformed or Overloaded; the same again to who asks
        again."""
        return await self._bounded(min(limit, BODY_BYTES_MAX), self._read)

    async def spool(self, limit: int) -> bytes | Spool:
        """As `read`; one that is too large for memory in a spool, which counts against the same budget."""
        return await self._bounded(min(limit, SPOOLED_BYTES_MAX), self._read_or_spool)

    async def _bounded(self, limit: int, read: Callable[[int], Awaitable[T]]) -> T:
        if self._refusal is None:
            try:
                self._check_head(limit)
                self._deadline = asyncio.timeout(self._seconds)
                async with self._deadline:
                    return await read(limit)
            except Problem as problem:
                self._refusal = problem
            except TimeoutError:
                self._refusal = self._given_up or RequestMalformed(f"the body did not arrive within {self._seconds} s")
            except (web.RequestPayloadError, ConnectionError) as error:
                self._refusal = RequestMalformed(f"the body broke off: {type(error).__name__}")
            self._release()
        raise self._refusal

    def end(self) -> None:
        """Its request is answered. A refusal that is kept holds the frames that it passed, and they hold this body: together they would
        wait for the collector."""
        self._refusal = self._given_up = None
        self._release()

    def _release(self) -> None:
        """Free what the body held; it is neither in memory nor on the disk any longer."""
        if self._spool is not None:
            self._spool.close()
            self._spool = None
        if self._holding is not None:
            self._budget.close(self._holding)
            self._holding = None

    def _check_head(self, limit: int) -> None:
        raw = self._raw
        if raw.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise MediaTypeUnsupported("encoded body", public="The request body must be sent without a content encoding.")
        if (raw.content_length or 0) > min(limit, self._budget.most):
            raise BodyTooLarge(f"{raw.content_length} bytes announced, {limit} allowed")

    async def _read(self, limit: int) -> bytes:
        return b"".join([chunk async for chunk in self._chunks(limit)])

    async def _read_or_spool(self, limit: int) -> bytes | Spool:
        """A block is in memory until it is whole; what is held is all that has arrived, wherever it lies."""
        block = bytearray()
        async with aclosing(self._chunks(limit)) as arriving:
            async for chunk in arriving:
                block += chunk
                if len(block) > SPOOL_ABOVE_BYTES:
                    await self._append(block)
        if self._spool is None:
            return bytes(block)
        await self._append(block)
        return self._spool

    async def _append(self, block: bytearray) -> None:
        if self._spool is None:
            self._spool = Spool()
        await self._spool.append(bytes(block))
        block.clear()

    async def _chunks(self, limit: int) -> AsyncGenerator[bytes, None]:
        """The chunks of the body, counted, to its end."""
        raw = self._raw
        self._holding = holding = self._budget.open(self._share, self._give_up)
        if raw.expects_continue:
            await raw.write_continue()
        while chunk := await raw.content.readany():
            if holding.held + len(chunk) > limit:
                raise BodyTooLarge(f"more than {limit} bytes of body")
            self._budget.take(holding, len(chunk))
            yield chunk
        self._budget.settle(holding)

    def _give_up(self) -> None:
        """Another peer needs the room more."""
        self._given_up = Overloaded("given up for a peer that holds less")
        self._deadline.reschedule(asyncio.get_running_loop().time())
