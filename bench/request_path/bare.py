"""The bare servers that a read is compared with: aiohttp over mutual TLS that does nothing but pass a question on, or answer it.

`python -m bench.request_path.bare PORT CERTIFICATE KEY CA [URL TOKEN]`, until it is ended. With a URL every request is answered by what
that answers, asked each time with the bank's token; without one by a body of 1 KB.
"""

import asyncio
import ssl
import sys
from collections.abc import Awaitable, Callable

import aiohttp
import uvloop
from aiohttp import web

from bench.request_path.load import HOST

CONNECTIONS_MAX = 256  # to what is asked
BODY = b'{"Data":"' + b"x" * 1012 + b'"}\n'
JSON = "application/json"

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


async def _answer(_request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(body=BODY, content_type=JSON)


def _proxy(url: str, token: str, session: aiohttp.ClientSession) -> Handler:
    async def ask(request: web.BaseRequest) -> web.StreamResponse:
        headers = {"Authorization": f"Bearer {token}", "Accept": request.headers.get("Accept", JSON)}
        async with session.get(url, headers=headers) as answer:
            return web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)

    return ask


async def serve(port: int, context: ssl.SSLContext, url: str | None, token: str) -> None:
    connector = aiohttp.TCPConnector(limit=CONNECTIONS_MAX, force_close=False)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
        runner = web.ServerRunner(web.Server(_answer if url is None else _proxy(url, token, session)), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, HOST, port, ssl_context=context).start()
        await asyncio.Event().wait()


def main() -> None:
    port, certificate, key, ca, *rest = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(ca)
    context.verify_mode = ssl.CERT_REQUIRED
    url, token = rest or (None, "")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(port), context, url, token))


if __name__ == "__main__":
    main()
