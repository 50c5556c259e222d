"""Receivers of events, one for each kind of sink, as the contract suite of sinks asks for them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from kernel.clock import SystemClock
from kernel.http.outbound.fetcher import Fetcher, Unanswered
from kernel.outbox.ports import Sink
from plugins.sinks.jetstream import JetStreamSettings, JetStreamSink
from plugins.sinks.memory import MemorySettings, MemorySink
from plugins.sinks.parts import Parts
from plugins.sinks.webhook import WebhookSettings, WebhookSink
from tests.harness.nats_server import NatsServer, running_nats
from tests.harness.receiver import Receiver, make_certificate, receiving

NAME = "warehouse"
STREAM = "BANK"
SUBJECT = "portcullis.events"
SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS10ZXN0cy0yNC1ieXRlcw=="


class EventReceiver(Protocol):
    sink: Sink

    async def received(self, count: int) -> list[bytes]:
        """The next so many events, whole, in the order in which they came."""
        ...


class NetworkReceiver(EventReceiver, Protocol):
    async def leave(self) -> None:
        """Answer no one."""
        ...

    async def come_back(self) -> None:
        """With all that was received before."""
        ...


class InMemory:
    def __init__(self, sink: MemorySink) -> None:
        self.sink = sink

    async def received(self, count: int) -> list[bytes]:
        return [self.sink.events.popleft().content for _ in range(count)]


class AtWebhook:
    def __init__(self, sink: WebhookSink, receiver: Receiver) -> None:
        self.sink = sink
        self.receiver = receiver

    async def received(self, count: int) -> list[bytes]:
        return [(await self.receiver.next()).body for _ in range(count)]

    async def leave(self) -> None:
        """As a proxy says it whose server is away."""
        self.receiver.answers["/events"] = (503, {})

    async def come_back(self) -> None:
        del self.receiver.answers["/events"]
        while not self.receiver.came.empty():
            self.receiver.came.get_nowait()


class AtJetStream:
    def __init__(self, sink: JetStreamSink, server: NatsServer) -> None:
        self.sink = sink
        self.server = server

    async def received(self, count: int) -> list[bytes]:
        return await self.server.read(STREAM, count)

    async def leave(self) -> None:
        """As a crash would make it."""
        await asyncio.to_thread(self.server.kill)

    async def come_back(self) -> None:
        await asyncio.to_thread(self.server.start)


@asynccontextmanager
async def in_memory(_folder: Path) -> AsyncIterator[InMemory]:
    async with MemorySink.open(MemorySettings(name=NAME), Parts(notify=NoOne(), clock=SystemClock())) as sink:
        yield InMemory(sink)


@asynccontextmanager
async def at_webhook(folder: Path) -> AsyncIterator[AtWebhook]:
    certificate = await asyncio.to_thread(make_certificate, folder)
    with receiving(certificate) as receiver:
        settings = WebhookSettings(name=NAME, url=receiver.url("/events"), secrets=(SECRET,))
        settings.check()
        async with parts_of(certificate, "localhost") as parts, WebhookSink.open(settings, parts) as sink:
            yield AtWebhook(sink, receiver)


@asynccontextmanager
async def at_jetstream(folder: Path) -> AsyncIterator["AtJetStream"]:
    with running_nats(folder) as server:
        await asyncio.to_thread(server.start)
        await server.make_stream(STREAM, f"{SUBJECT}.>")
        settings = JetStreamSettings(name=NAME, url=server.url, subject=SUBJECT, stream=STREAM, token=server.token)
        settings.check()
        async with JetStreamSink.open(settings, Parts(notify=NoOne(), clock=SystemClock())) as sink:
            yield AtJetStream(sink, server)


RECEIVERS = {JetStreamSink: at_jetstream, MemorySink: in_memory, WebhookSink: at_webhook}
OF_THIS_PROCESS = (MemorySink,)


class NoOne:
    async def notify(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        raise Unanswered(f"{url} was asked")


@asynccontextmanager
async def parts_of(certificate: Path, *hosts: str) -> AsyncIterator[Parts]:
    """A fetcher that may ask these hosts and believes this certificate."""
    tls = await asyncio.to_thread(lambda: ssl.create_default_context(cafile=certificate))
    async with Fetcher.open(hosts, lambda: 0.0, tls=tls) as fetcher:
        yield Parts(notify=fetcher, clock=SystemClock())
