"""Between aiohttp's request and ours: read its head, call the application, write its answer.

RFC 9440. The application asks for the body when the head has passed its judgement. An exception of the application is a 500 without a
body, logged with its interaction id, and the connection stays. An answer while a body is still arriving ends the connection: that body
may never end itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog
from aiohttp import web

from kernel.certificates.certificate import Certificate
from kernel.errors import Overloaded, Problem
from kernel.http.admission.body_room import BodyRoom
from kernel.http.admission.limits import Limits
from kernel.http.admission.newcomers import Newcomers
from kernel.http.admission.peer_share import share_of, share_of_caller
from kernel.http.client_cert import TrustedProxies, parse_client_cert, plain_address, without_client_cert
from kernel.http.head import check_headers, parse_host, parse_target
from kernel.http.message import Listener, Request, Response
from kernel.http.peer_certificate import PeerCertificates
from kernel.http.server.connection import PRODUCT, Connection, RawRequest, close_after
from kernel.http.server.incoming_body import IncomingBody

UNREAD_BYTES_MAX = 65_536  # of an unwanted body that are read and dropped, so that its sender reads the answer

App = Callable[[Request], Awaitable[Response]]
Refuse = Callable[[Request, Problem], Response]

log = structlog.get_logger(__name__)


class Boundary:
    """The handler of one listener."""

    def __init__(
        self,
        app: App,
        refuse: Refuse,
        *,
        listener: Listener,
        limits: Limits,
        proxies: TrustedProxies,
        bodies: BodyRoom,
        newcomers: Newcomers,
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._listener = listener
        self._limits = limits
        self._proxies = proxies
        self._bodies = bodies
        self._newcomers = newcomers
        self._certificates = PeerCertificates()

    async def handle(self, raw: web.BaseRequest) -> web.StreamResponse:
        assert isinstance(raw, RawRequest)
        assert isinstance(raw.protocol, Connection)
        raw.protocol.head_arrived()
        try:
            return await self._answer(raw)
        except Exception:  # the last boundary: its caller gets no detail
            log.exception("request_failed", listener=self._listener)
            return _rendered(raw, Response(500))

    async def _answer(self, raw: RawRequest) -> web.Response:
        request = None
        deadline = asyncio.timeout(self._limits.request_seconds)
        try:
            async with deadline:
                try:
                    request = self._read_head(raw)
                    if request.certificate is not None:
                        with self._newcomers.known(share_of(request.peer)):
                            return await self._answer_head(raw, request)
                    await self._newcomers.turn(share_of(request.peer))
                    return await self._answer_head(raw, request)
                except Problem as problem:
                    return _rendered(raw, self._refuse(request or self._unread(raw), problem))
        except TimeoutError:
            if not deadline.expired():
                raise
        log.error("request_timed_out", listener=self._listener, seconds=self._limits.request_seconds)
        return _rendered(raw, self._refuse(request or self._unread(raw), Overloaded("the request's deadline passed")))

    async def _answer_head(self, raw: RawRequest, head: Request) -> web.Response:
        if not raw.body_exists:
            return _rendered(raw, await self._app(head))
        share = share_of_caller(head.peer, head.certificate)
        incoming = IncomingBody(raw, self._bodies.of(head.certificate), share, self._limits.body_seconds)
        try:
            return _rendered(raw, await self._app(replace(head, incoming=incoming)))
        finally:
            incoming.end()

    def _unread(self, raw: RawRequest) -> Request:
        """A request made of the connection alone, when nothing could be read: enough to choose a surface and to answer."""
        return Request(
            method=raw.method,
            path=raw.target.partition("?")[0],
            query=(),
            headers=without_client_cert(raw.headers),
            body=b"",
            host=raw.headers.get("Host", "").lower(),
            peer=_peer(raw),
            listener=self._listener,
        )

    def _read_head(self, raw: RawRequest) -> Request:
        check_headers(raw.raw_headers)
        target = parse_target(raw.target)
        peer = _peer(raw)
        return Request(
            method=raw.method,
            path=target.path,
            query=target.query,
            headers=without_client_cert(raw.headers),
            body=b"",
            host=parse_host(raw.headers, target.authority),
            peer=self._proxies.client_behind(peer, raw.headers),
            listener=self._listener,
            certificate=self._certificate(raw, peer),
            departure=raw.departure,
        )

    def _certificate(self, raw: RawRequest, peer: str) -> Certificate | None:
        if peer in self._proxies:
            return parse_client_cert(raw.headers)  # the proxy's own certificate says nothing about its client
        transport = raw.transport
        return self._certificates.of(transport.get_extra_info("ssl_object")) if transport is not None else None


def _rendered(raw: RawRequest, response: Response) -> web.Response:
    response.headers["Server"] = PRODUCT  # without a version
    rendered = web.Response(status=response.status, body=response.body, headers=response.headers)
    if not raw.is_arriving:
        return rendered
    if raw.unread_bytes is None or raw.unread_bytes > UNREAD_BYTES_MAX:
        assert isinstance(raw.protocol, Connection)
        raw.protocol.leave_unread()
    return close_after(rendered)


def _peer(raw: RawRequest) -> str:
    remote = raw.remote or ""
    return str(plain_address(remote)) if remote.startswith("::ffff:") else remote
