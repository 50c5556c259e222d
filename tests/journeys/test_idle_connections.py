"""A real server under connections that do nothing: from many addresses, on a machine with the usual limit of open files."""

import asyncio
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.harness.installations import EMBEDDED, Installations
from tests.harness.judged import JudgedTpp
from tests.harness.server import Server

USUAL_DESCRIPTORS = 1024
IDLE = 1100
ADDRESSES = 50


@pytest.fixture
def limited_server(installations: Installations) -> Iterator[Server]:
    """A sandbox that was started under the usual soft limit; ours is what it was again once it runs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with installations.installation(EMBEDDED) as installation:
        resource.setrlimit(resource.RLIMIT_NOFILE, (USUAL_DESCRIPTORS, hard))
        try:
            installation.by_hand = True  # a forked one would have the limit of what it was forked from
            server = installation.start()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(2 * IDLE + USUAL_DESCRIPTORS, hard), hard))
        yield server
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_idle_connections_do_not_stop_other_callers(limited_server: Server):
    """Neither the TPP nor the operator; and what they are is counted."""
    with ExitStack() as held:
        for base in (limited_server.issuer, limited_server.mtls):
            for number in range(IDLE):
                client = held.enter_context(socket.socket())
                client.bind((f"127.0.1.{1 + number % ADDRESSES}", 0))
                await asyncio.to_thread(client.connect, ("127.0.0.1", urlsplit(base).port))
        async with JudgedTpp.of(limited_server, "acme") as acme:
            grant = await acme.granted()
            assert (await acme.get("/accounts", grant.token)).status == 200
        async with aiohttp.ClientSession(limited_server.ready["ops"]) as operator:
            assert (await operator.get("/health/ready")).status == 200
            metrics = await (await operator.get("/metrics")).text()
    assert f'portcullis_connections{{listener="public"}} {float(IDLE)}' in metrics
