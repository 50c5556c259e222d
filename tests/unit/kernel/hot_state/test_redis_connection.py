"""The small protocol client, against servers that misbehave."""

import asyncio
import ssl

import pytest

from kernel.hot_state.redis_connection import PENDING_MAX, Address, ConnectionLost, RedisConnection, ServerRefused, TooManyCalls


def test_reads_the_usual_urls():
    assert Address.parse("redis://cache:7000/2") == Address("cache", 7000, db=2)
    assert Address.parse("redis://ann:s%40cret@cache") == Address("cache", username="ann", password="s@cret")
    assert Address.parse("unix:///run/valkey.sock?db=1") == Address(path="/run/valkey.sock", db=1)


def test_tls_always_checks_the_servers_name():
    context = Address.parse("rediss://cache").tls
    assert context.check_hostname
    assert context.verify_mode == ssl.CERT_REQUIRED


@pytest.mark.parametrize("url", ["http://cache", "redis://cache?protocol=3", "rediss://cache?ssl_cert_reqs=none", "cache:6379"])
def test_refuses_what_it_does_not_know(url):
    with pytest.raises(ValueError, match="URL"):
        Address.parse(url)


class Server:
    """Reads what is sent; answers only what a test says."""

    def __init__(self, path):
        self.address = Address(path=str(path))
        self.received = []
        self.connected = asyncio.Event()
        self.heard = asyncio.Event()

    async def serve(self, reader, writer):
        self.writer = writer
        self.connected.set()
        while data := await reader.read(1_000_000):
            self.received.append(data)
            self.heard.set()
        writer.close()


@pytest.fixture
async def server(tmp_path):
    server = Server(tmp_path / "s")
    listening = await asyncio.start_unix_server(server.serve, server.address.path)
    async with listening:
        yield server


@pytest.fixture
async def connection(server):
    connection = await RedisConnection.open(server.address)
    await server.connected.wait()
    yield connection
    connection.abort()
    await asyncio.sleep(0)


def send(connection, *words):
    return asyncio.ensure_future(connection.call(*words))


async def test_calls_of_one_tick_leave_together_and_answers_find_their_callers(server, connection):
    calls = [send(connection, "ECHO", number) for number in range(100)]
    await server.heard.wait()
    assert len(server.received) == 1
    server.writer.write(b"".join(b":%d\r\n" % number for number in range(100)))
    assert await asyncio.gather(*calls) == list(range(100))


async def test_an_answer_may_come_in_pieces(server, connection):
    call = send(connection, "GET", "a")
    await server.heard.wait()
    for piece in (b"$5\r", b"\nhel", b"lo\r\n"):
        server.writer.write(piece)
        await server.writer.drain()
        await asyncio.sleep(0)
    assert await call == b"hello"


async def test_a_servers_error_reaches_only_its_caller(server, connection):
    first, second = send(connection, "A"), send(connection, "B")
    await server.heard.wait()
    server.writer.write(b"-ERR no such command\r\n+OK\r\n")
    with pytest.raises(ServerRefused, match="no such command"):
        await first
    assert await second == b"OK"


@pytest.mark.parametrize("answer", [b"nonsense\r\n", b"+one\r\n+too many\r\n+by far\r\n", b""])
async def test_what_cannot_be_read_or_does_not_come_ends_the_connection(server, connection, answer):
    calls = [send(connection, "A"), send(connection, "B")]
    await server.heard.wait()
    server.writer.write(answer)
    failures = await asyncio.gather(*calls, return_exceptions=True)
    await connection.lost.wait()
    assert b"too many" in answer or [type(failure) for failure in failures] == [ConnectionLost] * 2
    with pytest.raises(ConnectionLost):
        await connection.call("C")


async def test_a_closed_socket_ends_every_call(server, connection):
    calls = [send(connection, "A") for _ in range(3)]
    await server.heard.wait()
    server.writer.close()
    failures = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(failure) for failure in failures] == [ConnectionLost] * 3


async def test_waiting_calls_are_bounded(server, connection):
    calls = [send(connection, "A") for _ in range(PENDING_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyCalls):
        await connection.call("B")
    assert not connection.lost.is_set()
    connection.abort()
    await asyncio.gather(*calls, return_exceptions=True)


async def test_a_server_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        await RedisConnection.open(Address(path=str(tmp_path / "none")))
