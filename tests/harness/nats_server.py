"""A real NATS server with JetStream, that may be killed and started again with what its streams have."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import nats
from nats.aio.client import Client
from nats.js.api import RawStreamMsg

from tests.harness.server import free_ports

BINARY = Path(sys.executable).parent / "nats-server"


class NatsServer:
    """On a port of its own on loopback, which it keeps; it knows clients by `token`."""

    token = "a-token-of-the-tests-for-nats"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (self._port,) = free_ports(1)
        self.url = f"nats://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[str] | None = None
        self._read: dict[str, int] = {}  # the last message that was read, by stream

    def start(self) -> None:
        options = {"--addr": "127.0.0.1", "--port": str(self._port), "--store_dir": str(self._folder), "--auth": self.token}
        words = [word for option in options.items() for word in option]
        self._process = subprocess.Popen([str(BINARY), "--jetstream", *words], stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if "Server is ready" in line:
                return
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stderr is not None
            self._process.stderr.close()
            self._process = None

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        client = await nats.connect(self.url, token=self.token, allow_reconnect=False)
        try:
            yield client
        finally:
            await client.close()

    async def make_stream(self, name: str, *subjects: str, **settings: int) -> None:
        async with self.client() as client:
            await client.jetstream().add_stream(name=name, subjects=list(subjects), **settings)

    async def read(self, stream: str, count: int) -> list[bytes]:
        """The next so many messages of the stream, each once."""
        return [message.data for message in await self.read_messages(stream, count)]

    async def read_messages(self, stream: str, count: int) -> list[RawStreamMsg]:
        """By their numbers: what a consumer of the server's had acknowledged may be lost with the server."""
        first = self._read.get(stream, 0) + 1
        self._read[stream] = first + count - 1
        async with self.client() as client:
            return [await client.jetstream().get_msg(stream, number) for number in range(first, first + count)]

    async def count(self, stream: str) -> int:
        async with self.client() as client:
            return (await client.jetstream().stream_info(stream)).state.messages


@contextmanager
def running_nats(folder: Path) -> Iterator[NatsServer]:
    """Not started yet, and gone at the end."""
    server = NatsServer(folder / "nats")
    try:
        yield server
    finally:
        server.kill()
