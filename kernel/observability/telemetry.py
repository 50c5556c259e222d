"""Counters and times for Prometheus: labels are few and ours, children are bound once per operation, never per request.

OpenMetrics; DESIGN: how fast (a labelled lookup per request would cost as much as all policies together). No label ever holds an
identifier of a client, consent, account or person.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
DELAY_BUCKETS = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 1.0)


@dataclass(slots=True)
class OperationMeter:
    """One operation of one surface. Keep it with the operation's row."""

    surface: str
    operation: str
    _requests: Counter
    _seconds: Histogram
    _by_status: dict[int, Counter] = field(default_factory=dict)

    def observe(self, status: int, seconds: float) -> None:
        """Count one answer and the time it took."""
        counter = self._by_status.get(status)
        if counter is None:
            counter = self._by_status[status] = self._requests.labels(self.surface, self.operation, str(status))
        counter.inc()
        self._seconds.observe(seconds)


class Telemetry:
    """The metrics of one process. Names start with `portcullis_`."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._requests = Counter(
            "portcullis_requests", "Answers by operation and status.", ("surface", "operation", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "portcullis_request_seconds",
            "Time from the whole request to the whole answer.",
            ("surface", "operation"),
            buckets=SECONDS_BUCKETS,
            registry=self.registry,
        )
        self.loop_delay = Histogram(
            "portcullis_loop_delay_seconds",
            "Lateness of the event loop, fifty times a second.",
            buckets=DELAY_BUCKETS,
            registry=self.registry,
        )
        self._refusals = Counter("portcullis_refusals", "Refusals by reason.", ("surface", "code"), registry=self.registry)
        self._defects = Counter(
            "portcullis_upstream_defects",
            "Answers of upstreams that were late or broken, by what they were asked.",
            ("upstream", "operation", "code"),
            registry=self.registry,
        )
        self._bound_refusals: dict[tuple[str, str], Counter] = {}
        self._meters: dict[tuple[str, str], OperationMeter] = {}
        self._gauges: dict[str, Gauge] = {}

    def operation(self, surface: str, operation: str) -> OperationMeter:
        """The meter of an operation: the same one for the same names. Call at start-up."""
        key = (surface, operation)
        if key not in self._meters:
            seconds = self._seconds.labels(surface, operation)
            self._meters[key] = OperationMeter(surface, operation, self._requests, seconds)
        return self._meters[key]

    def refused(self, surface: str, code: str) -> None:
        """Count a refusal. `code` is a Problem's code, never a text of the caller's."""
        key = (surface, code)
        counter = self._bound_refusals.get(key)
        if counter is None:
            counter = self._bound_refusals[key] = self._refusals.labels(surface, code)
        counter.inc()

    def upstream_defect(self, upstream: str, operation: str, code: str) -> None:
        """Count an answer of an upstream that could not be passed on. `operation` is the port's method, `code` a Problem's."""
        self._defects.labels(upstream, operation, code).inc()

    def gauge(self, name: str, documentation: str) -> Gauge:
        """A number that goes up and down, such as the age of the oldest order in a state: the same one for the same name."""
        if name not in self._gauges:
            self._gauges[name] = Gauge(f"portcullis_{name}", documentation, registry=self.registry)
        return self._gauges[name]

    def watch(self, name: str, documentation: str, read: Callable[[], float], **labels: str) -> None:
        """A gauge that is read whenever the metrics are; each set of label values has its own `read`."""
        if name not in self._gauges:
            self._gauges[name] = Gauge(f"portcullis_{name}", documentation, tuple(labels), registry=self.registry)
        gauge = self._gauges[name]
        (gauge.labels(**labels) if labels else gauge).set_function(read)

    def render(self) -> bytes:
        """The exposition text, of media type `CONTENT_TYPE`."""
        return generate_latest(self.registry)
