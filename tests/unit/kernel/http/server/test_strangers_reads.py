"""The reads of a connection without a certificate: a little at a time, and none once its head is refused for its size."""

import asyncio
from typing import Any

from kernel.http.admission.limits import Limits
from kernel.http.admission.places import Place, Places
from kernel.http.client_cert import TrustedProxies
from kernel.http.head import HEAD_BYTES_MAX
from kernel.http.server.connection import ENCRYPTED_BYTES_MAX, Connection, ConnectionServer
from tests.harness.patience import PATIENCE_SECONDS


class Transport(asyncio.Transport):
    """Notes what it is set to."""

    def __init__(self) -> None:
        super().__init__()
        self.encrypted_bytes = 0
        self.is_aborted = False

    def set_read_buffer_limits(self, high: int) -> None:
        self.encrypted_bytes = high

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.9", 1) if name == "peername" else default

    def write(self, data: Any) -> None:
        pass

    def is_closing(self) -> bool:
        return self.is_aborted

    def close(self) -> None:
        pass

    def abort(self) -> None:
        self.is_aborted = True


class Noted:
    """A passage that notes what it is asked."""

    def __init__(self) -> None:
        self.held = 0
        self.ended = asyncio.Event()

    def hold(self) -> None:
        self.held += 1

    def end(self) -> None:
        self.ended.set()


async def answer(_: Any) -> Any:
    raise AssertionError("no request is whole")


def place_of(address: str, **trusted: TrustedProxies) -> tuple[Places, Place]:
    places = Places("mtls", Limits(), **trusted)
    place = places.take(address, lambda: None)
    assert place is not None
    return places, place


def connection_at(places: Places, place: Place) -> tuple[Connection, Transport, Noted]:
    connection, transport, passage = ConnectionServer(answer, Limits(), places).connection_of(place), Transport(), Noted()
    connection.connection_made(transport)
    connection.slow_down(passage)  # type: ignore[arg-type]
    return connection, transport, passage


async def test_every_read_of_a_stranger_passes_the_turnstile():
    connection, transport, passage = connection_at(*place_of("127.0.0.9"))
    assert passage.held == 1
    connection.data_received(b"GET /x HTTP/1.1\r\n")
    assert passage.held == 2
    assert transport.encrypted_bytes == ENCRYPTED_BYTES_MAX
    connection.connection_lost(None)
    assert passage.ended.is_set()


async def test_an_organisation_and_a_proxy_pass_no_turnstile():
    places, place = place_of("127.0.0.9")
    assert places.move(place, "PSDGB-FCA-1")
    connection, _, passage = connection_at(places, place)
    connection.data_received(b"GET /x HTTP/1.1\r\n")
    assert passage.held == 0
    _, _, passage = connection_at(*place_of("127.0.0.9", proxies=TrustedProxies.parse(["127.0.0.9"])))
    assert passage.held == 0


async def test_a_head_that_is_refused_for_its_size_is_read_no_further():
    connection, _, passage = connection_at(*place_of("127.0.0.9"))
    sent = b"GET /x HTTP/1.1\r\nHost: localhost\r\n"
    connection.data_received(
        sent + b"".join(b"X-%d: %s\r\n" % (number, b"a" * 8_000) for number in range(1 + HEAD_BYTES_MAX // 8_000))
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        await passage.ended.wait()
