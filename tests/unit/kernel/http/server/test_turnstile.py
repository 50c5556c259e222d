"""The turnstile over real sockets: of all strangers that are ready at one moment, a few are looked at in each turn of the event loop."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from kernel.clock import SystemClock
from kernel.http import tls
from kernel.http.admission.limits import Limits
from kernel.http.admission.places import Places
from kernel.http.message import Request, Response
from kernel.http.server.acceptor import ACCEPTS_MAX
from kernel.http.server.listener import serve
from kernel.http.server.turnstile import PASSED_MAX, Passage, Turnstile
from sandbox.authority import pki
from tests.harness.patience import PATIENCE_SECONDS

CROWD = 60


@pytest.fixture
async def turnstile() -> AsyncIterator[Turnstile]:
    with contextlib.closing(Turnstile(lambda: False)) as opened:
        yield opened


@pytest.fixture
def pairs() -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    """The two ends of each connection of a crowd."""
    made = [socket.socketpair() for _ in range(CROWD)]
    ends = [end for pair in made for end in pair]
    for end in ends:
        end.setblocking(False)
    yield made
    for end in ends:
        end.close()


async def most_in_a_turn(count: Callable[[], int], wanted: int) -> int:
    """By how much a number grew in one turn of the loop at the most, until it had reached `wanted`."""
    most, seen = 0, count()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while seen < wanted:
            await asyncio.sleep(0)
            most, seen = max(most, count() - seen), count()
    return most


async def test_few_of_a_crowd_pass_in_one_turn_and_all_of_them_in_the_end(turnstile, pairs):
    passed = []
    for number, (ours, theirs) in enumerate(pairs):
        turnstile.watch(ours.fileno(), lambda number=number: passed.append(number))
        theirs.send(b"x")
    assert 1 <= await most_in_a_turn(lambda: len(passed), CROWD) <= PASSED_MAX
    assert passed == list(range(CROWD)), "in the order in which they became ready"


async def test_one_passes_at_a_time_while_a_known_caller_is_answered(pairs):
    passed = []
    with contextlib.closing(Turnstile(lambda: True)) as turnstile:
        for ours, theirs in pairs:
            turnstile.watch(ours.fileno(), lambda: passed.append(1))
            theirs.send(b"x")
        assert await most_in_a_turn(lambda: len(passed), CROWD) == 1


async def test_the_end_of_a_crowd_passes_like_its_bytes(turnstile, pairs):
    passed = []
    for ours, theirs in pairs:
        turnstile.watch(ours.fileno(), lambda: passed.append(1))
        theirs.close()
    assert 1 <= await most_in_a_turn(lambda: len(passed), CROWD) <= PASSED_MAX


async def test_a_socket_passes_once_for_each_watch_and_not_when_it_is_forgotten(turnstile, pairs):
    (ours, theirs), (other, others_end) = pairs[:2]
    passed = []

    def note() -> None:
        passed.append("ours")

    turnstile.watch(ours.fileno(), note)
    turnstile.watch(other.fileno(), lambda: passed.append("other"))
    turnstile.forget(other.fileno(), note)  # which waits for another socket
    turnstile.forget(ours.fileno(), note)
    theirs.send(b"x")
    others_end.send(b"x")
    assert await most_in_a_turn(lambda: len(passed), 1) == 1
    turnstile.watch(ours.fileno(), note)
    await most_in_a_turn(lambda: len(passed), 2)
    assert passed == ["other", "ours"]


class Transport:
    """Notes how often it may read again."""

    def __init__(self) -> None:
        self.resumed, self.paused, self.is_allowed = 0, 0, True

    def is_reading(self) -> bool:
        return self.is_allowed

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.is_allowed = False
        self.paused += 1

    def resume_reading(self) -> None:
        self.is_allowed = True
        self.resumed += 1


async def test_a_transport_reads_for_one_turn_of_the_loop_each_time_it_passes(turnstile, pairs):
    ours, theirs = pairs[0]
    transport = Transport()
    Passage(turnstile, transport, ours.fileno()).hold()
    assert not transport.is_allowed
    theirs.send(b"x")
    await most_in_a_turn(lambda: transport.resumed, 5)
    assert transport.paused >= transport.resumed


async def test_a_transport_whose_passage_has_ended_reads_no_more(turnstile, pairs):
    (ours, theirs), (other, others_end) = pairs[:2]
    transport, passed = Transport(), []
    passage = Passage(turnstile, transport, ours.fileno())
    passage.hold()
    passage.end()
    passage.hold()
    theirs.send(b"x")
    others_end.send(b"x")
    turnstile.watch(other.fileno(), lambda: passed.append(1))
    await most_in_a_turn(lambda: len(passed), 1)
    assert not transport.is_allowed
    assert transport.resumed == 0


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> pki.TestPki:
    return pki.TestPki.open(tmp_path_factory.mktemp("pki"), SystemClock())


@contextlib.asynccontextmanager
async def listening(authority: pki.TestPki):
    async def answer(_: Request) -> Response:
        return Response(200, b"ok")

    limits = Limits(connections_per_address=CROWD)
    places = Places("mtls", limits)
    context = tls.mtls_context(authority.ensure_server(), [authority.ca_path])
    options = {"refuse": lambda *_: Response(400), "host": "127.0.0.1", "port": 0, "listener": "mtls", "limits": limits}
    async with serve(answer, ssl_context=context, places=places, **options) as port:
        yield port, places


async def test_a_crowd_that_connects_at_one_moment_is_accepted_over_turns_of_the_loop(authority):
    async with listening(authority) as (port, places):
        with contextlib.ExitStack() as stack:
            for _ in range(CROWD):
                client = stack.enter_context(socket.socket())
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", port))
            assert 1 <= await most_in_a_turn(lambda: places.open, CROWD) <= ACCEPTS_MAX


async def test_a_crowd_that_leaves_before_its_handshakes_is_shown_out_over_turns_of_the_loop(authority):
    async with listening(authority) as (port, places):
        with contextlib.ExitStack() as stack:
            for _ in range(CROWD):
                client = stack.enter_context(socket.socket())
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", port))
            await most_in_a_turn(lambda: places.open, CROWD)
        assert 1 <= await most_in_a_turn(lambda: places.ended, CROWD) <= PASSED_MAX


async def test_a_crowd_of_strangers_that_leaves_at_one_moment_is_shown_out_over_turns_of_the_loop(authority):
    context = ssl.create_default_context(cafile=authority.ca_path)
    async with listening(authority) as (port, places):
        opened = [
            await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost") for _ in range(CROWD)
        ]
        for _, writer in opened:
            writer.write(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for reader, _ in opened:
            assert b"200" in await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS)
        for _, writer in opened:
            writer.transport.abort()
        assert 1 <= await most_in_a_turn(lambda: places.ended, CROWD) <= PASSED_MAX
