"""A peer that misbehaves on the wire, byte by byte: what no server that we ship could be made to do."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def answered(body: bytes, status: str = "200 OK", media_type: str = "application/json", **headers: object) -> bytes:
    lines = {"Content-Type": media_type, "Content-Length": len(body)} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


Mischief = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Peer:
    """A TCP server that reads one request at a time and then does as the test says; by default it answers with `good`."""

    def __init__(self, good: bytes) -> None:
        self.good = good
        self.mischief: Mischief | None = None
        self.port = 0
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self.heard = asyncio.Event()
        self.serving: set[asyncio.Task] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.serving.add(asyncio.current_task())
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                self.bodies.append(await reader.readexactly(int(length[1])) if length else b"")
                self.heads.append(head)
                self.heard.set()
                if self.mischief is None:
                    writer.write(self.good)
                else:
                    await self.mischief(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()


@asynccontextmanager
async def serving(peer: Peer) -> AsyncIterator[Peer]:
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for task in peer.serving:
            task.cancel()
        await asyncio.gather(*peer.serving, return_exceptions=True)


def sends(payload: bytes, *, then: str = "keep") -> Mischief:
    """It sends that, and then keeps the connection, hangs, closes or resets it."""

    async def mischief(writer: asyncio.StreamWriter) -> None:
        writer.write(payload)
        await writer.drain()
        if then == "hang":
            await asyncio.Event().wait()
        if then == "close":
            writer.close()
            await writer.wait_closed()
        if then == "reset":
            writer.transport.abort()

    return mischief
