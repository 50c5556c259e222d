"""The contract of every sink of events: what it took has reached its receiver whole, in order and under its id, and what it did not take it says so."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event

import plugins.sinks
from kernel.outbox.envelopes import MEDIA_TYPE, render_envelope
from kernel.outbox.ports import Envelope, SinkUnanswered
from kernel.storage.journal import Event
from plugins.sinks import SINKS
from tests.harness.event_receivers import NAME, OF_THIS_PROCESS, RECEIVERS, EventReceiver, NetworkReceiver
from tests.unit.consent.authorization.test_oauth_registries import modules

NO_SINKS = {"guarded", "parts"}


@pytest.fixture(params=SINKS, ids=lambda kind: kind.__name__)
async def receiver(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EventReceiver]:
    async with RECEIVERS[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture(params=[kind for kind in SINKS if kind not in OF_THIS_PROCESS], ids=lambda kind: kind.__name__)
async def network(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[NetworkReceiver]:
    async with RECEIVERS[request.param](tmp_path) as opened:
        yield opened


def envelope(version: int, aggregate_id: str = "a", note: str = "") -> Envelope:
    event = Event(
        brand="main",
        id=f"{aggregate_id}.{version}",
        kind="consent.authorised",
        aggregate_id=aggregate_id,
        aggregate_version=version,
        at=datetime(2026, 7, 1, 9, tzinfo=UTC),
        body={"note": note},
    )
    return render_envelope(event, "https://auth.main.test")


def id_of(content: bytes) -> str:
    return from_structured_event(HTTPMessage(headers={"content-type": MEDIA_TYPE}, body=content)).get_id()


def test_every_sink_is_listed_once():
    assert {kind.__module__.rpartition(".")[2] for kind in SINKS} == modules(plugins.sinks) - NO_SINKS
    kinds = [kind.Settings.__struct_config__.tag for kind in SINKS]
    assert kinds == sorted(set(kinds))


async def test_it_has_the_name_of_its_configuration(receiver: EventReceiver):
    assert receiver.sink.name == NAME
    assert receiver.sink.at_once >= 1


@pytest.mark.parametrize("note", ["", "ü \u2028 \U0001f600", "x" * 50_000], ids=["small", "text", "large"])
async def test_an_event_arrives_whole(receiver: EventReceiver, note: str):
    sent = envelope(1, note=note)
    await receiver.sink.deliver(sent)
    assert await receiver.received(1) == [sent.content]


async def test_events_that_are_delivered_one_after_the_other_arrive_so(receiver: EventReceiver):
    for version in range(1, 6):
        await receiver.sink.deliver(envelope(version))
    assert [id_of(each) for each in await receiver.received(5)] == [f"a.{version}" for version in range(1, 6)]


async def test_many_at_once_all_arrive(receiver: EventReceiver):
    sent = [envelope(1, f"a{number}") for number in range(receiver.sink.at_once)]
    await asyncio.gather(*(receiver.sink.deliver(each) for each in sent))
    assert {id_of(each) for each in await receiver.received(len(sent))} == {each.id for each in sent}


async def test_an_event_that_no_one_has_answered_for_was_not_taken(network: NetworkReceiver):
    await network.sink.deliver(envelope(1))
    await network.received(1)
    await network.leave()
    with pytest.raises(SinkUnanswered) as refusal:
        await network.sink.deliver(envelope(2))
    assert str(refusal.value)
    await network.come_back()
    for version in (2, 3):
        await network.sink.deliver(envelope(version))
    assert [id_of(each) for each in await network.received(2)] == ["a.2", "a.3"]
