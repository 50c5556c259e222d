"""A caller that closes its connection, seen by the application over a real socket."""

import asyncio

import pytest

from kernel.errors import CallerGone
from kernel.http.departure import Departure
from kernel.http.message import Request, Response
from kernel.http.server.listener import serve
from tests.harness.patience import PATIENCE_SECONDS


async def test_work_stops_when_the_connection_closes():
    began, stopped = asyncio.Event(), asyncio.Event()

    async def app(request: Request) -> Response:
        try:
            async with request.departure.stops():
                began.set()
                await asyncio.Event().wait()
        except CallerGone:
            stopped.set()
        return Response(200)

    async with serve(app, refuse=lambda *_: Response(500), host="127.0.0.1", port=0, ssl_context=None, listener="public") as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await began.wait()
            writer.close()
            await stopped.wait()


async def test_an_end_of_the_bodys_own_is_left_as_it_is():
    departure = Departure()
    with pytest.raises(TimeoutError):
        async with departure.stops(), asyncio.timeout(0):
            await asyncio.Event().wait()
    async with departure.stops():
        pass
    departure.happen()
    with pytest.raises(CallerGone):
        async with departure.stops():
            pass
