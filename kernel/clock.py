"""Time, passed in. Nothing else reads the system clock.

`now()` is business time (consent validity, schedules, booking dates): it may be moved by a stored offset.
`wall()` is protocol time (JWTs, codes, certificates, `Date`): it is never moved, because clients sign with their own clocks.
Both are aware datetimes in UTC.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_ALWAYS_RUNNING = getattr(
    time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC
)  # on other systems than Linux, monotonic time counts sleep itself


def monotonic() -> float:
    """Seconds that never go back and that pass while the machine is suspended: for trust that must run out."""
    return time.clock_gettime(_ALWAYS_RUNNING)


class Clock(Protocol):
    def now(self) -> datetime: ...

    def wall(self) -> datetime: ...


class SystemClock:
    """The machine's time, with a movable offset for business time."""

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self.offset = offset

    def now(self) -> datetime:
        return self.wall() + self.offset

    def wall(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved: for tests and simulation."""

    def __init__(self, start: datetime) -> None:
        self._wall = start
        self.offset = timedelta()

    def now(self) -> datetime:
        return self._wall + self.offset

    def wall(self) -> datetime:
        return self._wall

    def advance(self, by: timedelta) -> None:
        self._wall += by
