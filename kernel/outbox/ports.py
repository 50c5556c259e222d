"""A sink takes the events of the outbox, one at a time and, of one aggregate, in order. Adapters: plugins/sinks/."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One event as every sink sends it. `content` is the structured JSON of CloudEvents (kernel/outbox/envelopes.py)."""

    id: str
    brand: str
    kind: str
    aggregate_id: str
    aggregate_version: int
    content: bytes


class SinkRefused(Exception):
    """The receiver does not take this event. The text says why; it is for the log and the operator, and holds no secret."""


class SinkUnanswered(Exception):
    """The receiver has not said that it has the event: it may have it. The text says why, as above."""


class SinkClosed(Exception):
    """Nothing was sent: the circuit to the receiver is open. It is no attempt."""


class Sink(Protocol):
    """`name` is the configuration's, and that of what is recorded; `at_once` is how many events may be on their way, of as many aggregates."""

    @property
    def name(self) -> str: ...
    @property
    def at_once(self) -> int: ...

    async def deliver(self, envelope: Envelope) -> None:
        """Returns once the receiver has it. Raises SinkRefused, SinkUnanswered or SinkClosed. Safe to repeat: the receiver knows an event
        by its id."""
        ...
