"""The envelope of an event: structured JSON of CloudEvents 1.0.2, with the extension `sequence` and one of ours, `dataversion`.

CloudEvents 1.0.2 section 3; Sequence extension: a text that orders as the versions of the aggregate do.
"""

from kernel import json
from kernel.outbox.ports import Envelope
from kernel.storage.journal import Event

SPEC_VERSION = "1.0"
DATA_VERSION = "1"  # of the members of `data`: raised when one of them goes or changes its meaning
MEDIA_TYPE = "application/cloudevents+json"
SEQUENCE_DIGITS = 10  # of the largest version that the outbox stores


def render_envelope(event: Event, source: str) -> Envelope:
    """`source` is the issuer of the event's brand."""
    document = {
        "specversion": SPEC_VERSION,
        "id": event.id,
        "source": source,
        "type": event.kind,
        "subject": event.aggregate_id,
        "time": event.at,
        "datacontenttype": "application/json",
        "dataversion": DATA_VERSION,
        "sequence": f"{event.aggregate_version:0{SEQUENCE_DIGITS}d}",
        "data": event.body,
    }
    return Envelope(
        id=event.id,
        brand=event.brand,
        kind=event.kind,
        aggregate_id=event.aggregate_id,
        aggregate_version=event.aggregate_version,
        content=json.encode(document),
    )
