"""Random histories: each hot state against a small model that knows nothing of how it is kept."""

import asyncio
import math
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, rule, run_state_machine_as_test

from kernel.clock import ManualClock
from kernel.hot_state import redis_connection
from kernel.hot_state.checks import (
    CLOSED_SECONDS,
    FILL_SECONDS,
    VERSION_SECONDS,
    Allowed,
    Current,
    Exceeded,
    FirstUse,
    Fresh,
    Moved,
    Replayed,
    Unknown,
    VersionIs,
    WithinCount,
    WithinRate,
)
from kernel.hot_state.in_process import InProcessHotState
from kernel.hot_state.redis import RedisHotState
from kernel.ids import RandomIds
from tests.harness.patience import PATIENCE_SECONDS

STEP_SECONDS = 7  # no time limit is a multiple of it, so that a real server's few milliseconds never decide
RATES = [WithinRate("main/slow", 3, 60), WithinRate("main/fast", 4, 3600)]
DEAR = [WithinRate("main/slow", 3, 60, cost=2), WithinRate("main/fast", 4, 3600, cost=4), WithinRate("main/whole", 3, 60, cost=4)]
COUNTS = [WithinCount("main/few", 2, 60)]
USES = [FirstUse("main/a", 60), FirstUse("main/b", 600)]
SUBJECTS = st.sampled_from(["main/consent/1", "main/family/2"])
NUMBERS = st.integers(0, 4)
LIMITS = st.lists(st.sampled_from([*RATES, *DEAR, *COUNTS, *USES]), max_size=3, unique_by=lambda check: check.key)


@dataclass
class Subject:
    version: int | None = None
    tokens: set[str] = field(default_factory=set)  # that may fill it
    closures: int = 0
    until: float = math.inf


class Model:
    """Whole seconds; a subject that has ended is a new one."""

    def __init__(self):
        self.now = 0
        self.subjects = {}
        self.arrivals = {}
        self.windows = {}
        self.used_until = {}

    def subject(self, name):
        known = self.subjects.get(name)
        if known is None or known.until <= self.now:
            known = self.subjects[name] = Subject()
        return known

    def version(self, check):
        known = self.subject(check.subject)
        if known.closures or known.version is None or check.version > known.version:
            return Unknown(None)  # with a token or without is the machine's to compare
        return Current() if check.version == known.version else Moved(known.version)

    def limit(self, check, spend):
        match check:
            case WithinRate():
                return self.rate(check, spend)
            case WithinCount():
                return self.count(check, spend)
            case FirstUse():
                used = self.used_until.get(check.key, 0) > self.now
                if spend:
                    self.used_until[check.key] = self.now + check.ttl_seconds
                return Replayed() if used else Fresh()

    def rate(self, check, spend):
        interval = check.window_seconds // check.limit
        wanted = interval * min(check.cost, check.limit)
        ahead = max(self.arrivals.get(check.key, 0) - self.now, 0)
        if ahead + wanted > check.window_seconds:
            return Exceeded(check.limit, ahead + wanted - check.window_seconds)
        if spend:
            ahead += wanted
            self.arrivals[check.key] = self.now + ahead
        return Allowed(check.limit, (check.window_seconds - ahead) // interval, ahead)

    def count(self, check, spend):
        used, until = self.windows.get(check.key, (0, 0))
        if until <= self.now:
            used, until = 0, self.now
        if used >= check.limit:
            return Exceeded(check.limit, until - self.now)
        if spend:
            used, until = used + 1, until if used else self.now + check.window_seconds
            self.windows[check.key] = (used, until)
        return Allowed(check.limit, check.limit - used, until - self.now)


class Machine(RuleBasedStateMachine):
    tokens = Bundle("tokens")

    def __init__(self, server):
        super().__init__()
        self.server = server
        self.model = Model()
        self.seconds = 1000.0
        self.began = time.perf_counter()
        self.runner = asyncio.Runner()
        self.stop = None

    @initialize()
    def start(self):
        if self.server is None:
            clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
            self.hot_state = InProcessHotState(lambda: self.seconds, clock, RandomIds())
        else:
            self.client = self.server.client()
            self.client.flushall()
            self.hot_state = RedisHotState(self.server.url, RandomIds())
        self.runner.run(self._begin())

    async def _begin(self):
        began, self.stop = asyncio.Event(), asyncio.Event()

        async def live():
            async with self.hot_state.lifetime():
                began.set()
                await self.stop.wait()

        self.living = asyncio.ensure_future(live())
        await began.wait()

    def teardown(self):
        async def end():
            self.stop.set()
            await self.living

        if self.stop is not None:
            self.runner.run(end())
        if self.server is not None and self.stop is not None:
            self.client.close()
        self.runner.close()

    def decide(self, checks, spend):
        async def work():
            return await self.hot_state.decide(checks, spend=spend)

        return self.runner.run(work())

    @rule(target=tokens, subject=SUBJECTS, version=NUMBERS, limits=LIMITS, spend=st.booleans())
    def decide_all(self, subject, version, limits, spend):
        question = VersionIs(subject, version)
        verdict, *others = self.decide([question, *limits], spend)
        expected = [self.model.version(question), *(self.model.limit(check, False) for check in limits)]
        if spend and all(isinstance(one, Current | Allowed | Fresh) for one in expected):
            spent = [self.model.limit(check, True) for check in limits]
            expected[1:] = [now if isinstance(now, Allowed) else before for before, now in zip(expected[1:], spent, strict=True)]
        for check, actual, wanted in zip(limits, others, expected[1:], strict=True):
            self.compare(check, actual, wanted)
        known = self.model.subject(subject)
        if isinstance(verdict, Unknown):
            assert (verdict.fill_token is not None) == (known.version is None and not known.closures)
            if verdict.fill_token is not None:
                if not known.tokens:
                    known.until = self.model.now + FILL_SECONDS
                known.tokens.add(verdict.fill_token)
            verdict = Unknown(None), verdict.fill_token
            assert expected[0] == verdict[0]
            return subject, verdict[1]
        assert verdict == expected[0]
        return subject, None

    def compare(self, check, actual, wanted):
        """A real server's clock runs on a little between two steps."""
        late = math.ceil(time.perf_counter() - self.began) if self.server is not None else 0
        match actual, wanted:
            case Allowed(limit, remaining, reset), Allowed(_, left, until):
                assert (limit, remaining) == (wanted.limit, left), check
                assert until - late <= reset <= until, check
            case Exceeded(limit, retry_after), Exceeded(_, until):
                assert limit == wanted.limit
                assert max(1, until - late) <= retry_after <= until, check
            case _:
                assert actual == wanted, check

    @rule(token=consumes(tokens), version=NUMBERS)
    def fill(self, token, version):
        subject, text = token
        if text is None:
            return
        self.runner.run(self.hot_state.fill(subject, version, text))
        known = self.model.subject(subject)
        if text in known.tokens:
            self.model.subjects[subject] = Subject(version, until=self.model.now + VERSION_SECONDS)

    @rule(subject=SUBJECTS)
    def close(self, subject):
        assert self.runner.run(self.hot_state.close([subject]))
        known = self.model.subject(subject)
        until = self.model.now + CLOSED_SECONDS
        self.model.subjects[subject] = Subject(known.version, closures=known.closures + 1, until=until)

    @rule(subject=SUBJECTS, version=NUMBERS)
    def publish(self, subject, version):
        assert self.runner.run(self.hot_state.publish({subject: version}))
        known = self.model.subject(subject)
        highest = max(version, version if known.version is None else known.version)
        if known.closures > 1:
            known.version, known.closures = highest, known.closures - 1
        else:
            self.model.subjects[subject] = Subject(highest, until=self.model.now + VERSION_SECONDS)

    @rule(steps=st.integers(1, 9))
    def wait(self, steps):
        self.model.now += steps * STEP_SECONDS
        self.seconds += steps * STEP_SECONDS
        if self.server is not None:
            self.make_older(steps * STEP_SECONDS)

    def make_older(self, seconds):
        for key in self.client.scan_iter("*"):
            left = self.client.pttl(key)
            if key.startswith(b"portcullis:rate:"):
                self.client.set(key, int(self.client.get(key)) - seconds * 1_000_000, keepttl=True)
            if left >= 0:
                self.client.pexpire(key, left - seconds * 1000)


@pytest.mark.parametrize(("kind", "examples"), [("in process", 100), ("valkey", 25)])
def test_behaves_as_its_model(request, kind, examples, monkeypatch):
    """The highest version wins; closed is unknown; a stale token fills nothing; limits are exact; all is spent or nothing."""
    monkeypatch.setattr(redis_connection, "CALL_SECONDS_MAX", PATIENCE_SECONDS)  # an outage is another test's
    server = request.getfixturevalue("valkey") if kind == "valkey" else None
    chosen = settings(max_examples=examples, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(lambda: Machine(server), settings=chosen)
