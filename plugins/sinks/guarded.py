"""A sink behind a circuit: while its receiver does not answer, nothing is sent and no event loses an attempt."""

from kernel.outbox.ports import Envelope, Sink, SinkClosed, SinkRefused, SinkUnanswered
from plugins.upstreams.circuit import Circuit, CircuitLimits, CircuitOpen

LIMITS = CircuitLimits(window_seconds=60.0, calls_min=4, failure_ratio=0.5, open_seconds=30.0, probes=1)


class GuardedSink:
    def __init__(self, sink: Sink, circuit: Circuit) -> None:
        self._sink = sink
        self._circuit = circuit
        self.name = sink.name
        self.at_once = sink.at_once

    async def deliver(self, envelope: Envelope) -> None:
        """Raises what the sink raises, and SinkClosed. A refusal is an answer."""
        try:
            permit = self._circuit.admit()
        except CircuitOpen:
            raise SinkClosed from None
        try:
            await self._sink.deliver(envelope)
        except SinkRefused:
            permit.succeeded()
            raise
        except (SinkUnanswered, TimeoutError):
            permit.failed()
            raise
        except BaseException:  # cancelled, or at fault itself: that says nothing about the receiver
            permit.abandoned()
            raise
        permit.succeeded()
