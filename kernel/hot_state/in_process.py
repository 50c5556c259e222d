"""The hot state of one worker, in its own memory: the embedded default.

It is empty after a start and gone with its process, so it never holds an old version. Its memory is bounded: what has ended makes
room first. Then a version is simply not learnt (the database answers), the oldest limits start afresh, and first uses fail closed.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from kernel.clock import Clock
from kernel.hot_state.checks import (
    ALLOWING,
    CLOSED_SECONDS,
    FILL_SECONDS,
    VERSION_SECONDS,
    Allowed,
    Check,
    Current,
    Exceeded,
    FirstUse,
    Fresh,
    Moved,
    Replayed,
    Unavailable,
    Unknown,
    Verdict,
    VersionIs,
    WithinCount,
    WithinRate,
)
from kernel.hot_state.expiring_map import ExpiringMap
from kernel.hot_state.shares import Shares
from kernel.ids import Ids

SUBJECTS_MAX = 100_000  # versions kept in memory; for any other the database is asked
RATES_MAX = 50_000  # rate limits kept in memory, one for each caller and rule; the oldest leave first
COUNTS_MAX = 50_000  # counts kept in memory, one for each subject and rule; the oldest leave first
FIRST_USES_MAX = 200_000  # used assertions, proofs and requests kept in memory
MICROS = 1_000_000

OnRestart = Callable[[str], Awaitable[None]]


@dataclass(slots=True)
class _Subject:
    version: int | None = None
    fill_token: str | None = None
    closures: int = 0


@dataclass(slots=True)
class _Count:
    used: int
    until: float


class InProcessHotState:
    """`monotonic` counts seconds and never goes back. `on_restart` is awaited once, with an id of this memory."""

    def __init__(self, monotonic: Callable[[], float], clock: Clock, ids: Ids, *, on_restart: OnRestart | None = None) -> None:
        self.run_id = ids.uuid()
        self._monotonic = monotonic
        self._on_restart = on_restart
        self._born_at = clock.wall().timestamp()
        self._tokens = 0
        self._subjects: ExpiringMap[_Subject] = ExpiringMap(SUBJECTS_MAX, monotonic)
        self._rates: ExpiringMap[int] = ExpiringMap(RATES_MAX, monotonic)  # theoretical arrival times, microseconds
        self._counts: ExpiringMap[_Count] = ExpiringMap(COUNTS_MAX, monotonic)
        self._first_uses: ExpiringMap[bool] = ExpiringMap(FIRST_USES_MAX, monotonic)
        self._shares = Shares(FIRST_USES_MAX, monotonic)

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        if self._on_restart is not None:
            await self._on_restart(self.run_id)
        yield

    async def decide(self, checks: Sequence[Check], *, spend: bool = True) -> tuple[Verdict, ...]:
        # nothing is awaited, so each call is atomic among concurrent ones
        verdicts = [self._look(check) for check in checks]
        if spend and all(isinstance(verdict, ALLOWING) for verdict in verdicts):
            verdicts = [self._spend(check, verdict) for check, verdict in zip(checks, verdicts, strict=True)]
        return tuple(verdicts)

    async def fill(self, subject: str, version: int, fill_token: str) -> None:
        known = self._subjects.get(subject)
        if known is not None and known.fill_token == fill_token:
            self._subjects.put(subject, _Subject(version), self._monotonic() + VERSION_SECONDS)

    async def close(self, subjects: Sequence[str]) -> bool:
        if not all(self._subjects.has_room(subject) for subject in subjects):
            return False
        for subject in subjects:
            known = self._subjects.get(subject) or _Subject()
            closed = _Subject(known.version, None, known.closures + 1)
            self._subjects.put(subject, closed, self._monotonic() + CLOSED_SECONDS)
        return True

    async def publish(self, versions: Mapping[str, int]) -> bool:
        if not all(self._subjects.has_room(subject) for subject in versions):
            return False
        for subject, version in versions.items():
            known = self._subjects.get(subject) or _Subject()
            highest = version if known.version is None else max(known.version, version)
            if known.closures > 1:  # someone else's change is under way: closed for as long as it said
                known.version, known.closures = highest, known.closures - 1
            else:
                self._subjects.put(subject, _Subject(highest), self._monotonic() + VERSION_SECONDS)
        return True

    async def born_at(self) -> float:
        return self._born_at

    def _look(self, check: Check) -> Verdict:
        match check:
            case VersionIs():
                return self._look_at_version(check)
            case WithinRate():
                return self._look_at_rate(check)
            case WithinCount():
                return self._look_at_count(check)
            case FirstUse():
                return self._look_at_first_use(check)

    def _spend(self, check: Check, verdict: Verdict) -> Verdict:
        match check:
            case VersionIs():
                return verdict
            case WithinRate():
                return self._spend_rate(check)
            case WithinCount():
                return self._spend_count(check)
            case FirstUse():
                until = self._monotonic() + check.ttl_seconds
                self._first_uses.put(check.key, True, until)
                if check.share is not None:
                    self._shares.add(check.share, until)
                return verdict

    def _look_at_version(self, check: VersionIs) -> Verdict:
        known = self._subjects.get(check.subject)
        if known is None:
            if not self._subjects.has_room(check.subject):
                return Unknown(None)
            self._tokens += 1
            known = _Subject(fill_token=f"{self.run_id}.{self._tokens}")
            self._subjects.put(check.subject, known, self._monotonic() + FILL_SECONDS)
        if known.closures:
            return Unknown(None)
        if known.version is None:
            return Unknown(known.fill_token)
        if check.version == known.version:
            return Current()
        return Unknown(None) if check.version > known.version else Moved(known.version)

    def _look_at_rate(self, check: WithinRate) -> Verdict:
        if check.limit < 1:
            return Exceeded(check.limit, check.window_seconds)
        interval, ahead = _interval(check), self._ahead(check)
        free, wanted = check.limit * interval - ahead, _units(check) * interval
        if free < wanted:
            return Exceeded(check.limit, _ceil(wanted - free, MICROS))
        return Allowed(check.limit, free // interval, _ceil(ahead, MICROS))

    def _spend_rate(self, check: WithinRate) -> Verdict:
        interval = _interval(check)
        ahead = self._ahead(check) + _units(check) * interval
        if not self._rates.has_room(check.key):
            self._rates.drop_oldest()
        arrival = self._now() + ahead
        self._rates.put(check.key, arrival, arrival / MICROS)
        return Allowed(check.limit, (check.limit * interval - ahead) // interval, _ceil(ahead, MICROS))

    def _ahead(self, check: WithinRate) -> int:
        """The distance to the theoretical arrival time, microseconds: at most the whole burst, should the limit have shrunk."""
        now = self._now()
        arrival = self._rates.get(check.key) or now
        return min(max(arrival - now, 0), check.limit * _interval(check))

    def _look_at_count(self, check: WithinCount) -> Verdict:
        count = self._counts.get(check.key)
        used, left = (count.used, self._left(count)) if count is not None else (0, 0)
        if used >= check.limit:
            return Exceeded(check.limit, left or check.window_seconds)
        return Allowed(check.limit, check.limit - used, left)

    def _spend_count(self, check: WithinCount) -> Verdict:
        count = self._counts.get(check.key)
        if count is None:
            if not self._counts.has_room(check.key):
                self._counts.drop_oldest()
            count = _Count(0, self._monotonic() + check.window_seconds)
        count.used += 1
        self._counts.put(check.key, count, count.until)
        return Allowed(check.limit, check.limit - count.used, self._left(count))

    def _left(self, count: _Count) -> int:
        """Whole seconds, at least one, until the window ends."""
        return max(1, _ceil(int((count.until - self._monotonic()) * MICROS), MICROS))

    def _look_at_first_use(self, check: FirstUse) -> Verdict:
        if self._first_uses.get(check.key) or (check.issued_at is not None and check.issued_at < self._born_at):
            return Replayed()
        exceeded = None if check.share is None else self._shares.look(check.share)
        if exceeded is not None:
            return exceeded
        return Fresh() if self._first_uses.has_room(check.key) else Unavailable()

    def _now(self) -> int:
        return int(self._monotonic() * MICROS)


def _interval(check: WithinRate) -> int:
    """Microseconds between two units at the steady rate, rounded up: a burst of `limit` is exact, the rate never exceeded."""
    return _ceil(check.window_seconds * MICROS, check.limit)


def _units(check: WithinRate) -> int:
    return min(check.cost, check.limit)


def _ceil(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
