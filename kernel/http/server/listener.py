"""Accept connections on one address and hand each request to the application: aiohttp's server, bounded everywhere.

RFC 9110, RFC 9112. What cannot become a `Request` for its surface is handed to `refuse`, so that each surface answers in its own
words; what is no HTTP at all gets a bare status. Only this folder knows aiohttp's server.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import http_parser

from kernel.http.admission.body_room import BodyRoom
from kernel.http.admission.limits import BUFFERED_BYTES_MAX, BUFFERED_BYTES_PER_PEER_MAX, Limits
from kernel.http.admission.newcomers import Newcomers
from kernel.http.admission.places import NO_PROXIES, Places
from kernel.http.client_cert import TrustedProxies
from kernel.http.message import Listener
from kernel.http.server.acceptor import Acceptor, bind
from kernel.http.server.boundary import App, Boundary, Refuse
from kernel.http.server.connection import ConnectionServer

BACKLOG: Final = 1024  # connections that the system holds until they are accepted
READ_BYTES: Final = 2_048  # of a body that has not been asked for; at twice as much, aiohttp stops reading
DEFAULT_LIMITS: Final = Limits()


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
    bodies: BodyRoom | None = None,
    places: Places | None = None,
    newcomers: Newcomers | None = None,
    reuse_port: bool = False,
) -> AsyncIterator[int]:
    """Accept requests while the context is open; yields the bound port (pass 0 for any free one).

    Leaving stops accepting at once, lets requests in flight end for `stop_seconds`, then cuts them off. Raises OSError if the
    address is taken. `bodies` and `newcomers` are shared by the TLS listeners of a process. `ssl_context` None is for a listener on
    loopback alone.
    """
    _check_parser()
    places = places or Places(listener, limits, proxies=proxies)
    newcomers = newcomers or Newcomers()
    boundary = Boundary(
        app,
        refuse,
        listener=listener,
        limits=limits,
        proxies=proxies,
        bodies=bodies or BodyRoom.split(BUFFERED_BYTES_MAX, BUFFERED_BYTES_PER_PEER_MAX),
        newcomers=newcomers,
    )
    server = ConnectionServer(boundary.handle, limits, places, access_log=None, read_bufsize=READ_BYTES)
    sockets = await bind(host, port, reuse_port=reuse_port, backlog=BACKLOG)
    acceptor = Acceptor(
        sockets,
        places=places,
        limits=limits,
        ssl_context=ssl_context,
        protocol_of=server.connection_of,
        newcomers=newcomers,
    )
    try:
        acceptor.start()
        yield sockets[0].getsockname()[1]
    finally:
        await acceptor.stop()
        await asyncio.sleep(0)  # requests that were read but not yet begun begin now, and are let end
        server.pre_shutdown()
        await server.shutdown(limits.stop_seconds)
        acceptor.close()


def _check_parser() -> None:
    """Refuse to serve with aiohttp's pure-Python parser: it is slow, and the smuggling advisories were about it."""
    if http_parser.HttpRequestParser is http_parser.HttpRequestParserPy:
        raise RuntimeError("aiohttp runs without its C extensions; install a wheel that has them")
