"""The doors through which tests call servers: aiohttp, requests, urllib and bare connections. Each passes what it answers to the recorder."""

import asyncio
import io
import urllib.request
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp
import requests

from tests.harness.recorded.calls import BARE, Begin
from tests.harness.recorded.under_way import UnderWay


def watch_all(begin: Begin, under_way: UnderWay) -> None:
    """From now on; for a whole process, which records and does nothing else."""
    _watch_aiohttp(begin, under_way)
    _watch_requests(begin)
    _watch_urllib(begin)
    _watch_connections(begin)


def _watch_aiohttp(begin: Begin, under_way: UnderWay) -> None:
    send, read = aiohttp.ClientSession._request, aiohttp.ClientResponse.read
    calls: WeakKeyDictionary[aiohttp.ClientResponse, Any] = WeakKeyDictionary()

    async def recorded_send(self: Any, method: str, url: Any, **options: Any) -> aiohttp.ClientResponse:
        call = begin(method.upper(), str(self._build_url(url)))
        with under_way.one():
            response = await send(self, method, url, **options)
        call.sent_type = response.request_info.headers.get("Content-Type", "")
        call.status, call.headers = response.status, list(response.headers.items())
        calls[response] = call
        return response

    async def recorded_read(self: aiohttp.ClientResponse) -> bytes:
        body = await read(self)
        if self in calls:
            calls[self].body = body
        return body

    aiohttp.ClientSession._request = recorded_send
    aiohttp.ClientResponse.read = recorded_read


def _watch_requests(begin: Begin) -> None:
    send = requests.adapters.HTTPAdapter.send

    def recorded_send(self: Any, request: Any, *arguments: Any, **options: Any) -> requests.Response:
        call = begin(request.method, request.url)
        response = send(self, request, *arguments, **options)
        call.sent_type = str(request.headers.get("Content-Type", ""))
        call.status, call.headers, call.body = response.status_code, list(response.raw.headers.items()), response.content
        return response

    requests.adapters.HTTPAdapter.send = recorded_send


def _watch_urllib(begin: Begin) -> None:
    send = urllib.request.AbstractHTTPHandler.do_open

    def recorded_send(self: Any, connection: Any, request: urllib.request.Request, **options: Any) -> Any:
        call = begin(request.get_method(), request.full_url)
        response = send(self, connection, request, **options)
        call.sent_type = request.get_header("Content-type", "")
        call.status, call.headers, call.body = response.status, response.getheaders(), response.read()
        response.fp, response.length, response.chunked = io.BytesIO(call.body), len(call.body), False  # to be read once more
        return response

    urllib.request.AbstractHTTPHandler.do_open = recorded_send


def _watch_connections(begin: Begin) -> None:
    connect = asyncio.open_connection

    async def recorded_connect(host: Any = None, port: Any = None, **options: Any) -> Any:
        reader, writer = await connect(host, port, **options)
        call = begin(BARE, f"http://{host}:{port}/")
        feed, call.body = reader.feed_data, b""

        def recorded_feed(data: bytes) -> None:
            call.body = (call.body or b"") + data
            feed(data)

        reader.feed_data = recorded_feed
        return reader, writer

    asyncio.open_connection = recorded_connect
