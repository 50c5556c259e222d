"""Accept connections on one address and hand each request to the application: aiohttp's server, bounded everywhere.

RFC 9110, RFC 9112. What cannot become a `Request` for its surface is handed to `refuse`, so that each surface answers in its own
words; what is no HTTP at all gets a bare status. Behind this folder nobody knows aiohttp's server.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import http_parser

from kernel.http.body_budget import BodyBudget
from kernel.http.boundary import App, Boundary, Refuse
from kernel.http.client_cert import TrustedProxies
from kernel.http.connection import ConnectionServer
from kernel.http.limits import Limits
from kernel.http.message import Listener

BACKLOG: Final = 1024
READ_BYTES: Final = 16_384  # of a body that is not asked for yet: twice as much, and aiohttp stops reading
DEFAULT_LIMITS: Final = Limits()
NO_PROXIES: Final = TrustedProxies()


@asynccontextmanager
async def serve(
    app: App,
    *,
    refuse: Refuse,
    host: str,
    port: int,
    ssl_context: ssl.SSLContext | None,
    listener: Listener,
    limits: Limits = DEFAULT_LIMITS,
    proxies: TrustedProxies = NO_PROXIES,
    bodies: BodyBudget | None = None,
    reuse_port: bool = False,
) -> AsyncIterator[int]:
    """Accept requests while the context is open; yields the bound port (pass 0 for any free one).

    Leaving stops accepting at once, lets requests in flight end for `stop_seconds`, then cuts them off. Raises OSError if the
    address is taken. `bodies` is shared by all listeners of a process. `ssl_context` None is for a listener behind a proxy on the same machine.
    """
    _check_parser()
    server = ConnectionServer(
        Boundary(app, refuse, listener=listener, limits=limits, proxies=proxies, bodies=bodies or BodyBudget()).handle,
        limits,
        access_log=None,
        read_bufsize=READ_BYTES,
    )
    sockets = await asyncio.get_running_loop().create_server(
        server,
        host,
        port,
        ssl=ssl_context,
        ssl_handshake_timeout=limits.handshake_seconds if ssl_context else None,
        ssl_shutdown_timeout=limits.stop_seconds if ssl_context else None,
        backlog=BACKLOG,
        reuse_port=reuse_port or None,
    )
    try:
        yield sockets.sockets[0].getsockname()[1]
    finally:
        sockets.close()
        await asyncio.sleep(0)  # requests that were read but not yet begun begin now, and are let end
        server.pre_shutdown()
        await server.shutdown(limits.stop_seconds)


def _check_parser() -> None:
    """Refuse to serve with aiohttp's pure-Python parser: it is slow, and the smuggling advisories were about it."""
    if http_parser.HttpRequestParser is http_parser.HttpRequestParserPy:
        raise RuntimeError("aiohttp runs without its C extensions; install a wheel that has them")
