"""One client's connection: bounded in every wait, and silent about our insides when what arrives is not HTTP.

RFC 9112 sections 2.2 and 9.5. aiohttp bounds an idle connection; this adds bounds on a head (a client that trickles it holds nothing,
one that never ends it is refused: kernel/http/server/bounded_parser.py) and on writing (a client that does not read holds nothing), and
answers broken HTTP with a bare status.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any, cast

import structlog
from aiohttp import HttpVersion11, web
from aiohttp.http_exceptions import LineTooLong

from kernel.http.admission.byte_budget import ByteBudget
from kernel.http.admission.limits import Limits
from kernel.http.admission.peer_share import share_of_caller, share_of_certificate
from kernel.http.admission.places import Place, Places
from kernel.http.admission.refusal_log import RefusalLog
from kernel.http.departure import Departure
from kernel.http.peer_certificate import leaf_of
from kernel.http.server.bounded_parser import REQUESTS_AHEAD_MAX, BoundedParser, NoRoomForHead
from kernel.http.server.turnstile import Passage

PRODUCT = "portcullis"
UNREAD_SECONDS = 1.0  # for a client that still sends a large body to read the answer
REFUSED_SECONDS = 0.1  # for a refusal to leave before its connection is closed
ENCRYPTED_BYTES_MAX = 4_096  # of a stranger's ciphertext that wait to be decrypted; beyond it the connection is not read
ENCRYPTED_BYTES_KNOWN = 16_384  # of the ciphertext of a caller with a certificate: one TLS record
RECEIVE_BYTES_KNOWN = 65_536  # of receive buffer for a caller with a certificate, whose bodies are large
STATUSES: dict[object, int] = {LineTooLong: 431, NoRoomForHead: 503}

log = structlog.get_logger(__name__)


class Connection(web.RequestHandler):
    """aiohttp's protocol with our bounds and our answers."""

    __slots__ = (
        "_head_timer",
        "_heads",
        "_limits",
        "_passage",
        "_place",
        "_places",
        "_refusals",
        "_share",
        "_stalled_timer",
        "_unread_end",
        "departure",
    )

    def __init__(
        self,
        server: web.Server,
        limits: Limits,
        *,
        heads: ByteBudget,
        places: Places,
        place: Place,
        refusals: RefusalLog,
        **options: Any,
    ) -> None:
        super().__init__(server, keepalive_timeout=limits.idle_seconds, lingering_time=limits.linger_seconds, **options)
        self._limits = limits
        self._places = places
        self._place = place
        self._refusals = refusals
        self._share = ""
        self._passage: Passage | None = None  # of a stranger
        self.departure = Departure()
        self._heads = heads
        self._parser = None  # until the handshake is over: many of them never are
        self._max_msg_queue_size, self._msg_queue_resume_size = REQUESTS_AHEAD_MAX, REQUESTS_AHEAD_MAX // 2
        self._head_timer: asyncio.TimerHandle | None = None
        self._stalled_timer: asyncio.TimerHandle | None = None
        self._unread_end: asyncio.Future[None] | None = None  # of a connection whose body is left unread

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        certificate = leaf_of(transport.get_extra_info("ssl_object"))
        self._share = share_of_caller((transport.get_extra_info("peername") or ("",))[0], certificate)
        self._parser = cast("Any", self._new_parser())
        self._await_head()
        if hasattr(transport, "set_read_buffer_limits"):  # TLS: what is encrypted and not asked for yet
            transport.set_read_buffer_limits(ENCRYPTED_BYTES_MAX if certificate is None else ENCRYPTED_BYTES_KNOWN)
        if certificate is not None:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES_KNOWN)
        super().connection_made(transport)
        self._place.end = self._abandon
        if self._place.is_left or (certificate and not self._places.move(self._place, share_of_certificate(certificate))):
            self._abandon()

    def slow_down(self, passage: Passage) -> None:
        """The handshake is over: a stranger's reads pass the turnstile from now on. Those of a proxy may be a known caller's."""
        if self._place.share.cap == "address" and not self._place.is_left:
            self._passage = passage
            passage.hold()

    def _new_parser(self) -> BoundedParser:
        return BoundedParser(
            self,
            self._loop,
            self._heads,
            self._share,
            is_paused=lambda: self._reading_paused,
            read_bufsize=self._read_bufsize,
        )

    def connection_lost(self, exc: BaseException | None) -> None:
        self._places.leave(self._place)
        self._place.end = _do_nothing  # it would hold this connection, which holds it
        self.head_arrived()
        self._end_stall()
        self.departure.happen()
        if self._passage is not None:
            self._passage.end()
        if self._unread_end is not None and not self._unread_end.done():  # a server that stops cuts its wait off
            self._unread_end.set_result(None)
        if self._bounded is not None:
            self._bounded.release()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._passage is not None:
            self._passage.hold()
        if self._bounded is not None:
            self._bounded.forget_trace()
            if self._bounded.is_within_head:
                self._await_head()

    async def _handle_request(self, request: web.BaseRequest, *args: Any) -> tuple[web.StreamResponse, bool]:
        """The connection keeps its place from the end of the request to the end of the answer."""
        assert isinstance(request, RawRequest)
        request.when_whole(lambda: self._places.set_waiting(self._place, is_waiting=False))
        try:
            answered = await super()._handle_request(request, *args)
        finally:
            self._places.set_waiting(self._place, is_waiting=True)
        if self._unread_end is not None:  # aiohttp would read the rest of the body away, and so would the end of TLS
            self._loop.call_later(UNREAD_SECONDS, self._abandon)
            await self._unread_end
        return answered

    @property
    def _bounded(self) -> BoundedParser | None:
        """The parser, as long as there is one: from the end of the handshake until the connection is lost."""
        return cast("BoundedParser | None", self._parser)

    def _await_head(self) -> None:
        """A head has `head_seconds` from its first byte to its end; the first one, from the end of the handshake."""
        if self._head_timer is None:
            self._head_timer = self._loop.call_later(self._limits.head_seconds, self._abandon_head)

    def head_arrived(self) -> None:
        """A request's head is whole: its sender is no longer on the clock."""
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _abandon_head(self) -> None:
        self._head_timer = None
        if self._request_in_progress:  # which is answered first
            self._await_head()
        else:
            self._abandon()

    def leave_unread(self) -> None:
        """Read no more of a body that was refused, and end soon after the answer: a sender who goes on costs nothing."""
        if self.transport is not None:
            self.transport.pause_reading()
            self._unread_end = self._loop.create_future()

    def _abandon(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def pause_writing(self) -> None:
        """The client has stopped reading: it has `write_seconds` to go on, or holds our memory no longer."""
        super().pause_writing()
        self._stalled_timer = self._loop.call_later(self._limits.write_seconds, self._abandon)

    def resume_writing(self) -> None:
        self._end_stall()
        super().resume_writing()

    def _end_stall(self) -> None:
        if self._stalled_timer is not None:
            self._stalled_timer.cancel()
            self._stalled_timer = None

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """aiohttp's own complaints, by type alone: their texts quote what was sent."""
        if isinstance(kw.get("exc_info"), web.RequestPayloadError):
            return  # a body that broke off, which its request was refused for
        log.warning("connection_failed", error=type(kw.get("exc_info")).__name__)

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """The answer to bytes that are not a request. The parser's message quotes them, so neither caller nor log receives it."""
        status = STATUSES.get(type(exc), status)
        self._refusals.note(type(exc).__name__, status, self._share)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun; only closing is left")
        if self._passage is not None and isinstance(exc, LineTooLong):
            self._passage.end()  # a head without end is not decrypted to its end
        self._loop.call_later(REFUSED_SECONDS, self._abandon)  # what goes on sending holds nothing
        return close_after(web.Response(status=status))


def _do_nothing() -> None:
    pass


def close_after(response: web.Response) -> web.Response:
    """The same answer, as the last one of its connection."""
    response.headers["Server"] = PRODUCT
    response.force_close()
    return response


class RawRequest(web.BaseRequest):
    """aiohttp's request with the few facts of it that it keeps to itself."""

    @property
    def target(self) -> str:
        """The request target exactly as sent."""
        return self._message.path

    @property
    def expects_continue(self) -> bool:
        """The client waits to send its body, and knows the answer that it waits for."""
        return self.version >= HttpVersion11 and self.headers.get("Expect", "").lower() == "100-continue"

    @property
    def is_arriving(self) -> bool:
        """Part of the body has not arrived yet."""
        return not self._payload.is_eof()

    @property
    def unread_bytes(self) -> int | None:
        """The bytes of the body that are still to arrive; None where its sender has not said."""
        return None if self.content_length is None else self.content_length - self._payload.total_bytes

    @property
    def departure(self) -> Departure:
        """The end of the connection that it came by."""
        assert isinstance(self.protocol, Connection)
        return self.protocol.departure

    def when_whole(self, then: Callable[[], None]) -> None:
        """Call `then` when all of the body has arrived, or now if it has."""
        self._payload.on_eof(then)

    async def write_continue(self) -> None:
        """RFC 9110 section 15.2.1: send 100 Continue to a client that waits to send its body."""
        await self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.writer.output_size = 0  # the answer proper has not begun


class ConnectionServer(web.Server):
    """Makes a `Connection` for each client that has a place."""

    def __init__(
        self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], limits: Limits, places: Places, **options: Any
    ) -> None:
        super().__init__(handler, request_factory=self._raw_request)
        self._limits = limits
        self._places = places
        self._options = options
        self._heads = ByteBudget(limits.unfinished_head_bytes, limits.unfinished_head_bytes_per_peer)
        self._refusals = RefusalLog()

    def connection_of(self, place: Place) -> Connection:
        return Connection(
            self,
            self._limits,
            heads=self._heads,
            places=self._places,
            place=place,
            refusals=self._refusals,
            loop=self._loop,
            **self._options,
        )

    def _raw_request(self, message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> RawRequest:
        return RawRequest(message, payload, protocol, writer, task, self._loop)
