"""A web server of a test's own, the names that lead to it, and a reader of addresses that may ask it."""

import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractResolver
from aiohttp.test_utils import TestServer

from kernel.http.outbound.fetcher import Fetcher


class Names(AbstractResolver):
    """Where names lead, as the test says; who asked is remembered."""

    def __init__(self, **addresses: str) -> None:
        self.addresses = {name.replace("_", "."): address for name, address in addresses.items()}
        self.asked: list[str] = []

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked.append(host)
        if host not in self.addresses:
            raise OSError("no such name")
        address = self.addresses[host]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [{"hostname": host, "host": address, "port": port, "family": kind, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        pass


class Web:
    """A web server that answers as the test says and counts."""

    def __init__(self) -> None:
        self.answer: dict[str, Any] = {"body": b"here"}  # of web.Response
        self.stream: Any = None  # a handler in place of the answer
        self.asked: Counter[str] = Counter()
        self.requests: list[tuple[str, bytes, str]] = []
        self.port = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked[request.path] += 1
        self.requests.append((request.method, await request.read(), request.headers.get("Content-Type", "")))
        return web.Response(**self.answer) if self.stream is None else await self.stream(request)


@asynccontextmanager
async def served() -> AsyncIterator[Web]:
    """The server, on a port of its own."""
    made = Web()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    async with TestServer(app, host="127.0.0.1") as server:
        made.port = server.port or 0
        yield made


def local(site: Web, monotonic: Callable[[], float] = lambda: 0.0) -> AbstractAsyncContextManager[Fetcher]:
    """May ask this server and no other."""
    return Fetcher.open([f"127.0.0.1:{site.port}"], monotonic, only=True)
