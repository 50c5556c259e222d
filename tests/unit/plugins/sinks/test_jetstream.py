"""JetStream, by a real server: acknowledged before it counts, and kept once however often it is sent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel.clock import SystemClock
from kernel.config import ConfigurationRefused
from kernel.outbox.ports import Envelope, SinkRefused, SinkUnanswered
from plugins.sinks.jetstream import JetStreamSettings, JetStreamSink
from plugins.sinks.parts import Parts
from tests.harness.event_receivers import NoOne
from tests.harness.nats_server import NatsServer, running_nats

ENVELOPE = Envelope(
    id="6f1c", brand="main", kind="consent.revoked", aggregate_id="c-1", aggregate_version=2, content=b'{"id":"6f1c"}'
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with running_nats(tmp_path_factory.mktemp("nats")) as running:
        running.start()
        yield running


def sink_of(server: NatsServer, **members: str):
    settings = JetStreamSettings(**{"name": "bus", "url": server.url, "token": server.token} | members)
    return JetStreamSink.open(settings, Parts(notify=NoOne(), clock=SystemClock()))


async def test_an_event_that_is_sent_again_is_kept_once(server: NatsServer):
    await server.make_stream("ONCE", "once.>")
    async with sink_of(server, subject="once") as sink:
        await sink.deliver(ENVELOPE)
    async with sink_of(server, subject="once") as sink:  # another process, after a crash before the record
        await sink.deliver(ENVELOPE)
    assert await server.count("ONCE") == 1


async def test_it_says_what_it_is_to_consumers_that_choose(server: NatsServer):
    await server.make_stream("SAID", "said.>")
    async with sink_of(server, subject="said.bank") as sink:
        await sink.deliver(ENVELOPE)
    (message,) = await server.read_messages("SAID", 1)
    assert message.subject == "said.bank.main.consent.revoked"
    assert message.headers["Nats-Msg-Id"] == "6f1c"
    assert message.headers["Content-Type"] == "application/cloudevents+json"
    assert message.data == ENVELOPE.content


async def test_without_a_stream_nothing_counts_as_delivered(server: NatsServer):
    async with sink_of(server, subject="nowhere") as sink:
        with pytest.raises(SinkUnanswered, match="no stream"):
            await sink.deliver(ENVELOPE)


async def test_another_stream_than_the_configured_one_is_a_refusal(server: NatsServer):
    await server.make_stream("OTHER", "other.>")
    async with sink_of(server, subject="other", stream="MINE") as sink:
        with pytest.raises(SinkRefused):
            await sink.deliver(ENVELOPE)
    assert await server.count("OTHER") == 0


async def test_an_event_that_is_too_large_is_a_refusal(server: NatsServer):
    await server.make_stream("SMALL", "small.>", max_msg_size=64)
    async with sink_of(server, subject="small") as sink:
        for size in (1_000, 2_000_000):
            large = Envelope(
                id=str(size), brand="main", kind="consent.lodged", aggregate_id="c-1", aggregate_version=1, content=b"x" * size
            )
            with pytest.raises(SinkRefused):
                await sink.deliver(large)


async def test_a_stream_that_is_full_says_nothing_about_the_event(server: NatsServer):
    await server.make_stream("FULL", "full.>", max_msgs=1, discard="new")
    async with sink_of(server, subject="full") as sink:
        await sink.deliver(ENVELOPE)
        other = Envelope(id="next", brand="main", kind="consent.lodged", aggregate_id="c-1", aggregate_version=1, content=b"{}")
        with pytest.raises(SinkUnanswered):
            await sink.deliver(other)


async def test_a_token_that_nats_does_not_know_is_no_delivery_and_is_not_repeated(server: NatsServer):
    async with sink_of(server, token="another-token") as sink:
        with pytest.raises(SinkUnanswered) as refusal:
            await sink.deliver(ENVELOPE)
    assert "another-token" not in str(refusal.value)


@pytest.mark.parametrize(
    ("members", "key"),
    [
        ({"url": "nats://nats.example:4222"}, "url"),
        ({"url": "http://127.0.0.1"}, "url"),
        ({"url": "tls://token@nats.example"}, "url"),
        ({"subject": "bank.>"}, "subject"),
        ({"subject": "bank..events"}, "subject"),
        ({"subject": ""}, "subject"),
        ({"stream": "A.B"}, "stream"),
    ],
)
def test_what_could_not_work_or_would_leak_is_refused(members: dict[str, str], key: str):
    with pytest.raises(ConfigurationRefused, match=rf"sinks\.{key}"):
        JetStreamSettings(**{"name": "bus", "url": "tls://nats.example"} | members).check()


async def test_authorities_that_cannot_be_read_keep_the_server_from_starting():
    settings = JetStreamSettings(name="bus", url="tls://nats.example", authorities=Path("/nowhere.pem"))
    settings.check()
    with pytest.raises(ConfigurationRefused, match=r"sinks\.authorities"):
        async with JetStreamSink.open(settings, Parts(notify=NoOne(), clock=SystemClock())):
            pass
