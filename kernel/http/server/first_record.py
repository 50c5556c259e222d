"""The wait for a client's first TLS record, which stays in the kernel until it is whole (RFC 8446 section 5.1).

TLS for one client costs 50 KiB from its first byte on. A client that sends the beginning of a handshake and no more costs a descriptor and
a timer here, and so does one that sends nothing; when thousands of them leave at once, each is a call and no task.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from kernel.http.server.turnstile import Turnstile

HANDSHAKE: Final = 22  # the content type of a record that may begin a connection
HEADER_BYTES: Final = 5  # of the header of a TLS record
RECORD_BYTES_MAX: Final = 4_096  # of the first record that is waited for; TLS itself reads a longer one
CLOSED: Final = frozenset({7, 8})  # TCP_CLOSE and TCP_CLOSE_WAIT (Linux's tcp_states.h)


class FirstRecord:
    """The wait of one accepted socket. Calls `begin` when the record is whole or cannot be one, and `give_up` when the client has gone, after
    `seconds`, or at `end`: one of them, once."""

    def __init__(
        self,
        accepted: socket.socket,
        seconds: float,
        *,
        turnstile: Turnstile,
        begin: Callable[[], None],
        give_up: Callable[[], None],
    ) -> None:
        self._socket = accepted
        self._turnstile = turnstile
        self._begin = begin
        self._give_up = give_up
        self._asked = 0  # bytes for which the kernel waits
        self._timer = asyncio.get_running_loop().call_later(seconds, self.end)
        self._watch()
        self.has_ended = False

    def end(self) -> None:
        """Wait no longer."""
        if not self.has_ended:
            self._stop()
            with suppress(OSError):
                self._socket.recv(RECORD_BYTES_MAX)  # what is left unread would make a reset of the close
            self._give_up()

    def _look(self) -> None:
        try:
            found = self._socket.recv(RECORD_BYTES_MAX, socket.MSG_PEEK)
        except BlockingIOError:
            self._watch()
            return
        except OSError:
            found = b""
        needed = record_bytes(found)
        if not found or (len(found) < needed and _has_closed(self._socket)):
            self.end()
        elif len(found) < needed and self._asked < needed:
            self._asked = needed
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, needed)
            self._watch()
        else:
            self._stop()
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
            self._begin()

    def _watch(self) -> None:
        self._turnstile.watch(self._socket.fileno(), self._look)

    def _stop(self) -> None:
        self.has_ended = True
        self._timer.cancel()
        self._turnstile.forget(self._socket.fileno(), self._look)


def record_bytes(start: bytes) -> int:
    """The bytes of the record that begins with `start`, as far as it says so: 1 for what is no handshake, or longer than is waited for."""
    if start[:1] != bytes([HANDSHAKE]):
        return 1
    if len(start) < HEADER_BYTES:
        return HEADER_BYTES
    length = HEADER_BYTES + int.from_bytes(start[3:HEADER_BYTES], "big")
    return length if length <= RECORD_BYTES_MAX else 1


def _has_closed(accepted: socket.socket) -> bool:
    """The client sends no more; False where the system does not say."""
    option = getattr(socket, "TCP_INFO", None)
    return option is not None and accepted.getsockopt(socket.IPPROTO_TCP, option, 1)[0] in CLOSED
