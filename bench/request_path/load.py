"""Load over mutual TLS with as little work of the client's own as can be: prepared requests, kept connections, answers read by their length.

Only for answers with a Content-Length, as the servers that are measured send them.
"""

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

HOST = "127.0.0.1"
SECONDS_MAX = 120.0  # for all requests of one load
HEAD_END = b"\r\n\r\n"
BODILESS = {204, 304}


@dataclass(slots=True)
class Load:
    """Its answers: how many of each status, and how long each took, in seconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


@asynccontextmanager
async def opened(port: int, context: ssl.SSLContext | None, connections: int) -> AsyncIterator["Line"]:
    """Kept connections, their handshakes done."""
    loop = asyncio.get_running_loop()
    name = "localhost" if context else None
    made = [await loop.create_connection(_Connection, HOST, port, ssl=context, server_hostname=name) for _ in range(connections)]
    try:
        yield Line([connection for _, connection in made])
    finally:
        for transport, _ in made:
            transport.abort()


@dataclass(frozen=True, slots=True)
class Line:
    """Each connection sends its next request when the answer to its last one is there."""

    connections: Sequence["_Connection"]

    async def send_all(self, requests: Iterable[bytes]) -> Load:
        """Raises ConnectionError if the server ends a connection."""
        load, remaining = Load(), iter(requests)
        async with asyncio.timeout(SECONDS_MAX):
            await asyncio.gather(*(connection.send(remaining, load) for connection in self.connections))
        return load


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._requests: Iterator[bytes] = iter(())
        self._load = Load()
        self._received = bytearray()
        self._began = 0.0
        self._transport: asyncio.Transport | None = None
        self._done: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(error or ConnectionError("the server ended a connection under load"))

    def send(self, requests: Iterator[bytes], load: Load) -> "asyncio.Future[None]":
        """Done when there is no request left."""
        self._requests, self._load = requests, load
        self._done = asyncio.get_running_loop().create_future()
        self._send_next()
        return self._done

    def _send_next(self) -> None:
        assert self._transport is not None
        assert self._done is not None
        request = next(self._requests, None)
        if request is None:
            self._done.set_result(None)
            return
        self._began = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(HEAD_END)
        if head_end < 0:
            return
        status = int(self._received[9:12])
        length = 0 if status in BODILESS else content_length(bytes(self._received[:head_end]))
        if length is None:
            raise ValueError("an answer under load without a Content-Length")
        if len(self._received) < head_end + len(HEAD_END) + length:
            return
        self._received.clear()
        self._load.statuses[status] += 1
        self._load.latencies.append(time.perf_counter() - self._began)
        self._send_next()


def content_length(head: bytes) -> int | None:
    """None, where the head names none."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return None


def request_bytes(method: str, path: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> bytes:
    """As it goes over the wire. Host and Content-Length are added by need."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + HEAD_END + body
