"""One connection to a Redis or Valkey server, bound to that one run of the server: it never reconnects by itself.

Calls of one event-loop tick leave in one write, answers come in order (RESP2). A call that is not answered in time, a reply that
cannot be read or a closed socket ends the connection, and with it every call that waits.
"""

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass
from typing import Any, cast

import hiredis
from redis.asyncio.connection import SSLConnection, parse_url

CALL_SECONDS_MAX = 0.25  # for the answer to one call
CONNECT_SECONDS_MAX = 0.25  # for a new connection to Redis
PENDING_MAX = 10_000  # calls waiting for their answer

Word = str | bytes | int | float


class ConnectionLost(ConnectionError):
    """The connection ended, or was never made: the call may have arrived or not."""


class TooManyCalls(Exception):
    """PENDING_MAX calls wait already: this one was not sent."""


class ServerRefused(Exception):
    """The server answered with an error; its text is kept, it holds no data of ours."""


@dataclass(frozen=True, slots=True)
class Address:
    """`redis://`, `rediss://` (TLS, the server's name always checked) or `unix://`, as redis-py writes them."""

    host: str = "localhost"
    port: int = 6379
    path: str = ""
    db: int = 0
    username: str = ""
    password: str = ""
    tls: ssl.SSLContext | None = None

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Raises ValueError for another scheme or an unknown option."""
        given: dict[str, Any] = dict(parse_url(url))
        if given.pop("connection_class", None) is SSLConnection:
            given["tls"] = ssl.create_default_context(cafile=given.pop("ssl_ca_certs", None))
            if "ssl_certfile" in given:
                given["tls"].load_cert_chain(given.pop("ssl_certfile"), given.pop("ssl_keyfile", None))
        unknown = sorted(set(given) - set(cls.__slots__))
        if unknown:
            raise ValueError(f"unknown options in the URL of the hot state: {', '.join(unknown)}")
        return cls(**given | {"db": int(given.get("db", 0))})


class RedisConnection(asyncio.Protocol):
    """Open with `await RedisConnection.open(address)`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader()
        self._pending: deque[tuple[asyncio.Future[Any], float]] = deque()  # the call, its deadline
        self._unsent: list[bytes] = []
        self._watch: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self.lost = asyncio.Event()

    @classmethod
    async def open(cls, address: Address) -> "RedisConnection":
        """Connected, authenticated and on the right database. Raises OSError or ServerRefused."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_SECONDS_MAX):
            if address.path:
                _, connection = await loop.create_unix_connection(cls, address.path)
            else:
                _, connection = await loop.create_connection(cls, address.host, address.port, ssl=address.tls)
        try:
            if address.password:
                credentials = (address.username, address.password) if address.username else (address.password,)
                await connection.call("AUTH", *credentials)
            if address.db:
                await connection.call("SELECT", address.db)
        except BaseException:
            connection.abort()
            raise
        return connection

    async def call(self, *words: Word) -> Any:
        """The server's answer. Raises ConnectionLost, ServerRefused or TooManyCalls."""
        if self.lost.is_set():
            raise ConnectionLost("the connection has ended")
        if len(self._pending) >= PENDING_MAX:
            raise TooManyCalls
        future: asyncio.Future[Any] = self._loop.create_future()
        if not self._unsent:
            self._loop.call_soon(self._send)
        self._unsent.append(hiredis.pack_command(words))  # type: ignore[arg-type]  # its stub knows one word only
        deadline = self._loop.time() + CALL_SECONDS_MAX
        self._pending.append((future, deadline))
        if self._watch is None:
            self._watch = self._loop.call_at(deadline, self._check_deadline)
        reply = await future
        if isinstance(reply, hiredis.ReplyError):
            raise ServerRefused(str(reply))
        return reply

    def abort(self) -> None:
        """End the connection now."""
        self._end()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name

    def connection_lost(self, error: Exception | None) -> None:
        self._end()

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not False:
                future, _ = self._pending.popleft()
                if not future.done():  # the caller may have been cancelled
                    future.set_result(reply)
        except (hiredis.HiredisError, IndexError):  # not RESP, or an answer without a question
            self.abort()

    def _send(self) -> None:
        unsent, self._unsent = self._unsent, []
        if self._transport is not None and not self.lost.is_set():
            self._transport.write(b"".join(unsent))

    def _check_deadline(self) -> None:
        self._watch = None
        if not self._pending:
            return
        deadline = self._pending[0][1]  # answers come in order: the first call is the oldest
        if deadline <= self._loop.time():
            self.abort()
        else:
            self._watch = self._loop.call_at(deadline, self._check_deadline)

    def _end(self) -> None:
        self.lost.set()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        while self._pending:
            future, _ = self._pending.popleft()
            if not future.done():
                future.set_exception(ConnectionLost("the connection ended before the answer"))
