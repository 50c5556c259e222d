"""Names of addresses that others chose, by the machine's own resolver, each in a thread of a small pool of its own.

A name server may be silent as well as a host, and longer than callers wait: its thread cannot be stopped. One thread looks up a name
for all who ask for it, and `pending` says what is still under way, so that its owner's turn is kept until it ends.
"""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

LOOKUPS_MAX = 32  # look-ups of host names at the same time

Lookup = Callable[..., list[Any]]  # socket.getaddrinfo


class ThreadedNames(AbstractResolver):
    def __init__(self, lookup: Lookup = socket.getaddrinfo) -> None:
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(LOOKUPS_MAX, thread_name_prefix="names")
        self._pending: dict[str, asyncio.Future[list[Any]]] = {}

    def pending(self, host: str) -> "asyncio.Future[list[Any]] | None":
        """The look-up of this name that is under way."""
        return self._pending.get(host.lower())

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        name = host.lower()
        looking = self._pending.get(name)
        if looking is None:
            loop = asyncio.get_running_loop()
            looking = self._pending[name] = loop.run_in_executor(self._threads, self._look_up, host, family)
            looking.add_done_callback(lambda done: self._ended(name, done))
        found = await asyncio.shield(looking)
        return [_result(host, port, each) for each in found]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ended(self, name: str, done: asyncio.Future[list[Any]]) -> None:
        del self._pending[name]
        if not done.cancelled():
            done.exception()  # seen, even if no one waits any more

    def _look_up(self, host: str, family: socket.AddressFamily) -> list[Any]:
        return self._lookup(host, None, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)


def _result(host: str, port: int, found: tuple[Any, ...]) -> ResolveResult:
    family, _, proto, _, address = found
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address[0], port=port, family=family, proto=proto, flags=flags)
