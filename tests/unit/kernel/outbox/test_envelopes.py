"""The envelope is CloudEvents 1.0: read here by the foundation's own package."""

from datetime import UTC, datetime

from cloudevents.core.bindings.http import HTTPMessage, from_structured_event

from kernel import json
from kernel.outbox.envelopes import MEDIA_TYPE, render_envelope
from kernel.storage.journal import Event
from tests.unit.kernel.outbox.world import ScriptedSink

AT = datetime(2026, 7, 1, 9, 0, 0, 250_000, tzinfo=UTC)
EVENT = Event(
    brand="main",
    id="6f1c",
    kind="consent.authorised",
    aggregate_id="c-1",
    aggregate_version=12,
    at=AT,
    body={"consent_id": "c-1", "state": "authorised", "note": "ü"},
)


def test_another_implementation_reads_it():
    envelope = render_envelope(EVENT, "https://auth.main.test")
    event = from_structured_event(HTTPMessage(headers={"content-type": MEDIA_TYPE}, body=envelope.content))
    assert (event.get_id(), event.get_source()) == ("6f1c", "https://auth.main.test")
    assert (event.get_type(), event.get_subject(), event.get_time()) == ("consent.authorised", "c-1", AT)
    assert event.get_data() == EVENT.body
    assert event.get_extension("dataversion") == "1"


def test_it_has_these_members_and_no_others():
    document = json.decode(render_envelope(EVENT, "https://auth.main.test").content, dict)
    assert document == {
        "specversion": "1.0",
        "id": "6f1c",
        "source": "https://auth.main.test",
        "type": "consent.authorised",
        "subject": "c-1",
        "time": "2026-07-01T09:00:00.250000Z",
        "datacontenttype": "application/json",
        "dataversion": "1",
        "sequence": "0000000012",
        "data": EVENT.body,
    }


async def test_sequences_order_as_versions_do(world):
    sink = ScriptedSink("one")
    await world.write("a", *range(8, 12))
    await world.plan("one")
    await world.dispatch(sink)
    sequences = [json.decode(each.content, dict)["sequence"] for each in sink.taken]
    assert sequences == sorted(sequences)
    assert len(sequences) == 4
