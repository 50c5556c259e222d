"""Circuit breaker: stop asking a peer that does not answer, so that calls fail at once, and probe it with one call at a time.

One per process and peer. Closed: every call passes; outcomes of the last seconds are counted. Open: every call fails for a while.
Half-open: one call at a time probes, and the first failure opens again. An outcome that arrives after the state has changed says
nothing about the new one and is not counted.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["closed", "open", "half_open"]

SLOTS = 10  # the window is forgotten a tenth at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitLimits:
    """It opens when at least `calls_min` calls ended within the window and at least `failure_ratio` of them failed."""

    window_seconds: float = 10.0
    calls_min: int = 8
    failure_ratio: float = 0.5
    open_seconds: float = 2.0
    probes: int = 2  # that must succeed in a row before it closes

    def __post_init__(self) -> None:
        if min(self.window_seconds, self.open_seconds) <= 0 or min(self.calls_min, self.probes) < 1:
            raise ValueError("a circuit's limits are positive")
        if not 0 < self.failure_ratio <= 1:
            raise ValueError("a circuit's failure ratio lies above 0 and at most at 1")


class CircuitOpen(Exception):
    """The circuit refuses the call: it is open, or half-open with its probe under way."""


class Circuit:
    """`monotonic` is a clock in seconds that never jumps; `on_change` hears of every new state."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        limits: CircuitLimits | None = None,
        on_change: Callable[[State], None] = lambda _state: None,
    ) -> None:
        self._monotonic = monotonic
        self._limits = limits or CircuitLimits()
        self._on_change = on_change
        self._window: deque[list[int]] = deque()  # [slot, calls, failures], oldest first
        self._opened_at = 0.0
        self._probing = False
        self._probed = 0
        self._era = 0  # counts changes of state
        self.state: State = "closed"

    def admit(self) -> "Permit":
        """Permission for one call, whose caller must report how it ended. Raises CircuitOpen."""
        if self.state == "open" and self._monotonic() - self._opened_at >= self._limits.open_seconds:
            self._turn("half_open")
        if self.state == "open" or (self.state == "half_open" and self._probing):
            raise CircuitOpen
        self._probing = self.state == "half_open"
        return Permit(self, self._era)

    def ended(self, era: int, failed: bool | None) -> None:
        """`failed` None: the call was given up, so nothing is known."""
        if era != self._era:
            return
        self._probing = False
        if failed is None:
            return
        if self.state == "half_open":
            self._judge_probe(failed)
        else:
            self._count(failed)

    def _judge_probe(self, failed: bool) -> None:
        if failed:
            self._turn("open")
            return
        self._probed += 1
        if self._probed >= self._limits.probes:
            self._turn("closed")

    def _count(self, failed: bool) -> None:
        slot = int(self._monotonic() / self._limits.window_seconds * SLOTS)
        if not self._window or self._window[-1][0] != slot:
            self._window.append([slot, 0, 0])
        while self._window[0][0] <= slot - SLOTS:
            self._window.popleft()
        self._window[-1][1] += 1
        self._window[-1][2] += failed
        if failed and self._fails_too_often():
            self._turn("open")

    def _fails_too_often(self) -> bool:
        calls, failures = sum(each[1] for each in self._window), sum(each[2] for each in self._window)
        return calls >= self._limits.calls_min and failures >= calls * self._limits.failure_ratio

    def _turn(self, state: State) -> None:
        self.state = state
        self._era += 1
        self._probing, self._probed = False, 0
        self._window.clear()
        if state == "open":
            self._opened_at = self._monotonic()
        self._on_change(state)


class Permit:
    """One admitted call. The first word about its end counts."""

    __slots__ = ("_circuit", "_era")

    def __init__(self, circuit: Circuit, era: int) -> None:
        self._circuit: Circuit | None = circuit
        self._era = era

    def succeeded(self) -> None:
        self._end(False)

    def failed(self) -> None:
        self._end(True)

    def abandoned(self) -> None:
        """The caller gave up: that says nothing about the peer."""
        self._end(None)

    def _end(self, failed: bool | None) -> None:
        circuit, self._circuit = self._circuit, None
        if circuit is not None:
            circuit.ended(self._era, failed)
