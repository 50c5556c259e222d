"""The days on which a bank carries payments out, each until its cut-off; and its rule for a payment that comes later than that. Instants are
business time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

LatePayments = Literal["refused", "next_day"]

WEEKEND = (5, 6)  # Saturday and Sunday, as `date.weekday` counts
CLOSED_DAYS_MAX = 100  # days of one configuration that are no working days, in addition to weekends


@dataclass(frozen=True, slots=True)
class PaymentDay:
    """A working day: payments that come before `cut_off` are made on it, none before `opens`. `late`: what becomes of one that came
    before `opens`, because the cut-off of the day before it had passed."""

    opens: datetime
    cut_off: datetime
    late: LatePayments


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOffRule:
    """The configuration of one bank: the time of its cut-off on each working day, in its own zone. `closed`: days that are none, in addition to
    weekends. `late`: what comes after the cut-off, or on another day, is refused, or made on the next working day; `planned`: likewise
    what is planned for a day that is none."""

    at: time
    late: LatePayments
    closed: frozenset[date] = frozenset()
    planned: LatePayments = "next_day"

    def day_of(self, now: datetime, zone: ZoneInfo) -> PaymentDay:
        """The day on which a payment that comes now is made."""
        days = (
            PaymentDay(start_of(day, zone), _instant(day, self.at, zone), self.late)
            for day in self.working_days(now.astimezone(zone).date())
        )
        return next(day for day in days if now < day.cut_off)

    def working_days(self, day: date) -> Iterator[date]:
        """From a day on, without an end."""
        while True:
            if day.weekday() not in WEEKEND and day not in self.closed:
                yield day
            day += timedelta(days=1)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day at a bank."""
    return _instant(day, time(), zone)


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
