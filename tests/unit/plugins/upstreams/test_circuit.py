"""plugins/upstreams/circuit.py: a peer that does not answer is left alone for a while, and asked again one call at a time."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from plugins.upstreams.circuit import SLOTS, Circuit, CircuitLimits, CircuitOpen

LIMITS = CircuitLimits(window_seconds=10, calls_min=4, failure_ratio=0.5, open_seconds=2, probes=2)


class Time:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def failing(circuit: Circuit, times: int) -> None:
    for _ in range(times):
        circuit.admit().failed()


def test_opens_when_half_of_enough_calls_failed():
    circuit = Circuit(Time(), LIMITS)
    circuit.admit().succeeded()
    circuit.admit().succeeded()
    failing(circuit, 1)
    assert circuit.state == "closed"
    failing(circuit, 1)
    assert circuit.state == "open"
    with pytest.raises(CircuitOpen):
        circuit.admit()


def test_few_calls_say_nothing():
    circuit = Circuit(Time(), LIMITS)
    failing(circuit, LIMITS.calls_min - 1)
    assert circuit.state == "closed"


def test_failures_are_forgotten_with_the_window():
    time = Time()
    circuit = Circuit(time, LIMITS)
    failing(circuit, 3)
    time.seconds += LIMITS.window_seconds
    failing(circuit, 3)
    assert circuit.state == "closed"


def test_probes_one_call_at_a_time_and_closes_after_enough_successes():
    time, states = Time(), []
    circuit = Circuit(time, LIMITS, states.append)
    failing(circuit, 4)
    time.seconds += LIMITS.open_seconds
    probe = circuit.admit()
    with pytest.raises(CircuitOpen):
        circuit.admit()
    probe.succeeded()
    circuit.admit().succeeded()
    assert states == ["open", "half_open", "closed"]


def test_a_probe_that_is_given_up_lets_another_one_try():
    time = Time()
    circuit = Circuit(time, LIMITS)
    failing(circuit, 4)
    time.seconds += LIMITS.open_seconds
    circuit.admit().abandoned()
    circuit.admit().failed()
    assert circuit.state == "open"


def test_an_outcome_from_before_a_change_is_not_counted():
    time = Time()
    circuit = Circuit(time, LIMITS)
    late, early = circuit.admit(), circuit.admit()
    failing(circuit, 4)
    early.succeeded()
    time.seconds += LIMITS.open_seconds
    probe = circuit.admit()
    late.failed()
    assert circuit.state == "half_open"
    probe.succeeded()
    probe.failed()  # the first word counts
    assert circuit.state == "half_open"


@pytest.mark.parametrize("wrong", [{"calls_min": 0}, {"open_seconds": 0}, {"failure_ratio": 0}, {"failure_ratio": 1.1}])
def test_refuses_limits_that_mean_nothing(wrong):
    with pytest.raises(ValueError, match=r"limits are positive|failure ratio"):
        CircuitLimits(**wrong)


class Machine(RuleBasedStateMachine):
    """Against a model that keeps every outcome of the present state."""

    def __init__(self) -> None:
        super().__init__()
        self.time = Time()
        self.circuit = Circuit(self.time, LIMITS)
        self.permits = []  # of the present state, and of earlier ones
        self.era = 0
        self.outcomes: list[tuple[float, bool]] = []
        self.opened_at = 0.0
        self.probed = 0
        self.state = "closed"

    def turn(self, state: str) -> None:
        self.state = state
        self.era += 1
        self.outcomes, self.probed = [], 0
        self.opened_at = self.time.seconds

    @rule(seconds=st.sampled_from([0.3, 1.0, 2.0, 7.0]))
    def wait(self, seconds: float) -> None:
        self.time.seconds += seconds

    @rule()
    def ask(self) -> None:
        if self.state == "open" and self.time.seconds - self.opened_at >= LIMITS.open_seconds:
            self.turn("half_open")
        refused = self.state == "open" or (self.state == "half_open" and any(era == self.era for era, _ in self.permits))
        try:
            permit = self.circuit.admit()
        except CircuitOpen:
            assert refused
        else:
            assert not refused
            self.permits.append((self.era, permit))

    @precondition(lambda self: self.permits)
    @rule(which=st.integers(0, 100), end=st.sampled_from(["succeeded", "failed", "failed", "abandoned"]))
    def finish(self, which: int, end: str) -> None:
        era, permit = self.permits.pop(which % len(self.permits))
        getattr(permit, end)()
        if era != self.era or end == "abandoned":
            return
        if self.state == "half_open":
            self.probed += 1
            if end == "failed":
                self.turn("open")
            elif self.probed == LIMITS.probes:
                self.turn("closed")
            return
        width = LIMITS.window_seconds / SLOTS
        self.outcomes.append((int(self.time.seconds / width), end == "failed"))
        recent = [failed for slot, failed in self.outcomes if slot > self.outcomes[-1][0] - SLOTS]
        if end == "failed" and len(recent) >= LIMITS.calls_min and sum(recent) >= len(recent) * LIMITS.failure_ratio:
            self.turn("open")

    @invariant()
    def agrees(self) -> None:
        assert self.circuit.state == self.state

    @invariant()
    def remembers_little(self) -> None:
        assert len(self.circuit._window) <= SLOTS


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
