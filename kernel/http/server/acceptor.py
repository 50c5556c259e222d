"""Accept connections ourselves: each has its place (kernel/http/admission/places.py) before anything is spent on it.

A server of the event loop accepts without end, starts TLS for each and counts those that finish it. Here a connection counts from accept;
TLS begins with the client's first whole record (kernel/http/server/first_record.py).
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from kernel.http.admission.limits import Limits
from kernel.http.admission.newcomers import Newcomers
from kernel.http.admission.places import Place, Places
from kernel.http.server.connection import Connection
from kernel.http.server.first_record import FirstRecord
from kernel.http.server.tls_transport import open_tls
from kernel.http.server.turnstile import Passage, Turnstile

ACCEPTS_MAX: Final = 16  # connections accepted in a row before other work has its turn
ACCEPTS_BUSY_MAX: Final = 4  # connections accepted in a row while a caller with a certificate is being answered
RECEIVE_BYTES: Final = 4_096  # that one read may bring of a stranger, whose buffers grow to it; Linux doubles it
PAUSE_SECONDS: Final = 1.0  # before the next accept when the machine has no descriptor or memory left
EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

log = structlog.get_logger(__name__)


class Acceptor:
    """Of one listener. `protocol_of` makes the protocol of a connection that has a place."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        *,
        places: Places,
        limits: Limits,
        ssl_context: ssl.SSLContext | None,
        protocol_of: Callable[[Place], Connection],
        newcomers: Newcomers,
    ) -> None:
        self._sockets = sockets
        self._places = places
        self._limits = limits
        self._ssl_context = ssl_context
        self._protocol_of = protocol_of
        self._newcomers = newcomers
        self._strangers = Turnstile(newcomers.is_known_answered)
        self._recent = Turnstile(
            newcomers.is_known_answered
        )  # of addresses where a certificate was answered not long ago, until theirs is shown
        self._loop = asyncio.get_running_loop()
        self._waiting: set[FirstRecord] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._paused: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._paused = None
        for listening in self._sockets:
            self._loop.add_reader(listening.fileno(), self._accept, listening)

    async def stop(self) -> None:
        """Accept no more, and end what has not finished its handshake."""
        if self._paused is not None:
            self._paused.cancel()
        for listening in self._sockets:
            self._loop.remove_reader(listening.fileno())
            listening.close()
        for wait in tuple(self._waiting):
            wait.end()
        for opening in self._opening:
            opening.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)

    def close(self) -> None:
        """Every connection has ended."""
        self._strangers.close()
        self._recent.close()

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(ACCEPTS_BUSY_MAX if self._newcomers.is_known_answered() else ACCEPTS_MAX):
            try:
                accepted, address = listening.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in EXHAUSTED:
                    self._pause(error)
                    return
                continue  # it has gone already
            accepted.setblocking(False)
            self._place(accepted, address[0])

    def _pause(self, error: OSError) -> None:
        log.error("accept_failed", error=errno.errorcode[error.errno or 0], seconds=PAUSE_SECONDS)
        for listening in self._sockets:
            self._loop.remove_reader(listening.fileno())
        if self._paused is None:
            self._paused = self._loop.call_later(PAUSE_SECONDS, self.start)

    def _place(self, accepted: socket.socket, address: str) -> None:
        place = self._places.take(address, accepted.close)
        if place is None:
            accepted.close()
        elif self._ssl_context is None:
            self._begin(accepted, place, self._limits.handshake_seconds)
        else:
            self._await_record(accepted, place)

    def _await_record(self, accepted: socket.socket, place: Place) -> None:
        deadline = self._loop.time() + self._limits.handshake_seconds

        def begin() -> None:
            self._waiting.discard(wait)
            self._begin(accepted, place, deadline - self._loop.time())

        def give_up() -> None:
            self._waiting.discard(wait)
            self._give_up(accepted, place)

        turnstile = self._recent if self._newcomers.is_recent(place.share.name) else self._strangers
        wait = FirstRecord(accepted, self._limits.handshake_seconds, turnstile=turnstile, begin=begin, give_up=give_up)
        place.end = wait.end
        self._waiting.add(wait)

    def _begin(self, accepted: socket.socket, place: Place, seconds: float) -> None:
        opening = self._loop.create_task(self._open(accepted, place, seconds))
        place.end = opening.cancel
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    async def _open(self, accepted: socket.socket, place: Place, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                if self._ssl_context is not None:
                    await self._newcomers.turn(place.share.name)
                await self._connect(accepted, place)
        except OSError:  # also its handshake's: ssl.SSLError is one, and so is TimeoutError
            self._give_up(accepted, place)
        except asyncio.CancelledError:
            self._give_up(accepted, place)
            raise

    async def _connect(self, accepted: socket.socket, place: Place) -> None:
        connection, number = self._protocol_of(place), accepted.fileno()
        if self._ssl_context is None:
            await self._loop.connect_accepted_socket(lambda: connection, accepted)
            return
        below = await open_tls(
            connection,
            accepted,
            self._ssl_context,
            handshake_seconds=self._limits.handshake_seconds,
            shutdown_seconds=self._limits.stop_seconds,
        )
        if self._strangers.holds_transports:
            connection.slow_down(Passage(self._strangers, below, number))

    def _give_up(self, accepted: socket.socket, place: Place) -> None:
        accepted.close()
        self._places.leave(place)


async def bind(host: str, port: int, *, reuse_port: bool, backlog: int) -> list[socket.socket]:
    """Sockets that listen on every address of a host. Raises OSError if one of them cannot be opened."""
    found = await asyncio.get_running_loop().getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            listening = socket.socket(family, kind, protocol)
            sockets.append(listening)
            listening.setblocking(False)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)  # which what it accepts inherits
            if reuse_port:
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listening.bind(address)
            listening.listen(backlog)
    except OSError:
        for listening in sockets:
            listening.close()
        raise
    return sockets
