"""The turnstile of strangers: of all their sockets that are ready at one moment, a few are looked at in each turn of the event loop.

An event loop looks at everything that is ready before it looks again. So when two thousand connections bring bytes, or end, at one moment,
every other caller waits for the sum of them. Here strangers' sockets stand in a set of their own (epoll(7)), of which the loop is shown a few
at a time, in the order in which they became ready; the sockets of callers with a certificate stand with the loop itself.
"""

import asyncio
import select
from collections.abc import Callable
from typing import Final, Protocol

PASSED_MAX: Final = 6  # sockets in one turn of the loop: what each of them causes takes some 50 to 150 µs


class Turnstile:
    """Of one listener. `is_busy` says that a caller with a certificate is being answered: meanwhile one passes at a time, since such an answer
    takes several turns of the loop. Where the system has no epoll, the loop is shown all of them."""

    def __init__(self, is_busy: Callable[[], bool]) -> None:
        self._is_busy = is_busy
        self._loop = asyncio.get_running_loop()
        self._watched: dict[int, Callable[[], None]] = {}
        self._ready = select.epoll() if hasattr(select, "epoll") else None
        if self._ready is not None:
            self._loop.add_reader(self._ready.fileno(), self._let_through)

    @property
    def holds_transports(self) -> bool:
        """A socket that a transport reads may stand here as well."""
        return self._ready is not None

    def watch(self, socket: int, then: Callable[[], None]) -> None:
        """Call `then` once, when the socket can be read or has ended and its turn has come."""
        self._watched[socket] = then
        if self._ready is None:
            self._loop.add_reader(socket, self._look_at, socket)
            return
        events = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLONESHOT
        try:
            self._ready.modify(socket, events)
        except FileNotFoundError:
            self._ready.register(socket, events)

    def forget(self, socket: int, then: Callable[[], None]) -> None:
        """Watch no longer for `then`. Its number may be another socket's by now; a socket that is closed leaves the set by itself."""
        if self._watched.get(socket) == then:
            del self._watched[socket]
            if self._ready is None:
                self._loop.remove_reader(socket)

    def close(self) -> None:
        if self._ready is not None:
            self._loop.remove_reader(self._ready.fileno())
            self._ready.close()

    def _let_through(self) -> None:
        assert self._ready is not None
        for socket, _ in self._ready.poll(0, 1 if self._is_busy() else PASSED_MAX):
            then = self._watched.pop(socket, None)
            if then is not None:
                then()

    def _look_at(self, socket: int) -> None:
        self._loop.remove_reader(socket)
        self._watched.pop(socket)()


class Reading(Protocol):
    """A transport that reads a socket."""

    def is_reading(self) -> bool: ...

    def is_closing(self) -> bool: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Passage:
    """The reads of one transport through the turnstile: one each time that it is let through."""

    def __init__(self, turnstile: Turnstile, transport: Reading, socket: int) -> None:
        self._turnstile = turnstile
        self._transport = transport
        self._socket = socket
        self._passed = 0

    def hold(self) -> None:
        """Let it read no more until its turn has come. Nothing changes where it does not read: then its protocol waits for something else."""
        if self._passed >= 0 and self._transport.is_reading() and not self._transport.is_closing():
            self._transport.pause_reading()
            self._turnstile.watch(self._socket, self._pass)

    def end(self) -> None:
        """Let it read no more at all: what is refused, or lost."""
        self._passed = -1
        self._transport.pause_reading()
        self._turnstile.forget(self._socket, self._pass)

    def _pass(self) -> None:
        """The next turn of the loop reads, and the one after that holds, also where half a record of TLS was read."""
        self._passed += 1
        self._transport.resume_reading()
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, self._hold_after, self._passed)

    def _hold_after(self, passed: int) -> None:
        if passed == self._passed:
            self.hold()
