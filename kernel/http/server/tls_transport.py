"""TLS on an accepted socket, with the transport below it, whose reads can be held.

The event loop's own call for this keeps that transport to itself; this takes the same steps with the same parts.
"""

import asyncio
import contextvars
import socket
import ssl
from typing import Any

import uvloop.loop

from kernel.http.server.turnstile import Reading

PROTOCOL: Any = uvloop.loop.SSLProtocol  # type: ignore[attr-defined]  # which has the signature of asyncio.sslproto's


async def open_tls(
    protocol: asyncio.Protocol,
    accepted: socket.socket,
    context: ssl.SSLContext,
    *,
    handshake_seconds: float,
    shutdown_seconds: float,
) -> Reading:
    """Shake hands, then hand the connection to `protocol`; the transport that reads the socket. Raises OSError if the handshake fails."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    tls = PROTOCOL(
        loop,
        protocol,
        context,
        done,
        server_side=True,
        ssl_handshake_timeout=handshake_seconds,
        ssl_shutdown_timeout=shutdown_seconds,
    )
    above = tls._get_app_transport(contextvars.copy_context())  # noqa: SLF001  as the event loop does
    try:
        below, _ = await loop.connect_accepted_socket(lambda: tls, accepted)
        await done
    except BaseException:
        done.cancel()
        above.close()
        raise
    return below
