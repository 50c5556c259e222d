"""The days on which something recurs, by the calendar alone: pure, without a clock and without a zone. Days are the bank's own.

UK Open Banking R/W 4.0, OBFrequency6: codes with a point in time, and patterns of intervals.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from enum import StrEnum
from itertools import count

import msgspec

WEEK_DAYS = 7
YEAR_MONTHS = 12


class Unit(StrEnum):
    DAY = "day"
    WORKING_DAY = "working_day"
    WEEK = "week"
    MONTH = "month"
    WEEK_OF_MONTH = "week_of_month"
    QUARTER_DAY = "quarter_day"


class QuarterDays(StrEnum):
    """The days on which rents fall due."""

    ENGLISH = "english"
    SCOTTISH = "scottish"
    RECEIVED = "received"


MONTHS_AND_DAYS = {
    QuarterDays.ENGLISH: ((3, 25), (6, 24), (9, 29), (12, 25)),
    QuarterDays.SCOTTISH: ((2, 2), (5, 15), (8, 1), (11, 11)),
    QuarterDays.RECEIVED: ((3, 20), (6, 19), (9, 24), (12, 20)),
}


class Recurrence(msgspec.Struct, frozen=True, kw_only=True):
    """`every` so many units. `day` is of the week (1 is Monday) or of the month (-1 is its last; one that a month lacks is its last); None:
    that of the day from which it is counted. `week` is of the month, `quarter` says which quarter days."""

    unit: Unit
    every: int = 1
    day: int | None = None
    week: int | None = None
    quarter: QuarterDays | None = None


def days_from(recurrence: Recurrence, start: date, is_working: Callable[[date], bool]) -> Iterator[date]:
    """The days from `start` on, each later than the one before, without an end. The day that a month clamps does not move the next one."""
    found = _DAYS[recurrence.unit](recurrence, start)
    if recurrence.unit is Unit.WORKING_DAY:
        return (day for day in found if is_working(day))
    return found


def _days(recurrence: Recurrence, start: date) -> Iterator[date]:
    return (start + timedelta(days=number * recurrence.every) for number in count())


def _weeks(recurrence: Recurrence, start: date) -> Iterator[date]:
    wanted = recurrence.day or start.isoweekday()
    first = start + timedelta(days=(wanted - start.isoweekday()) % WEEK_DAYS)
    return (first + timedelta(weeks=number * recurrence.every) for number in count())


def _months(recurrence: Recurrence, start: date) -> Iterator[date]:
    wanted = recurrence.day or start.day
    return _from_months(recurrence, start, lambda first: day_of_month(first, wanted))


def _weeks_of_month(recurrence: Recurrence, start: date) -> Iterator[date]:
    return _from_months(
        recurrence, start, lambda first: _week_day(first, recurrence.week or 1, recurrence.day or start.isoweekday())
    )


def _quarter_days(recurrence: Recurrence, start: date) -> Iterator[date]:
    quarters = MONTHS_AND_DAYS[recurrence.quarter or QuarterDays.ENGLISH]
    days = (date(year, month, day) for year in count(start.year) for month, day in quarters)
    return (day for day in days if day >= start)


def _from_months(recurrence: Recurrence, start: date, day_in: Callable[[date], date]) -> Iterator[date]:
    """One day of every month that counts, from the first month in which it is not before `start`."""
    month = start.replace(day=1)
    if day_in(month) < start:
        month = months_after(month, 1)
    return (day_in(months_after(month, number * recurrence.every)) for number in count())


def months_after(first: date, months: int) -> date:
    """The first day of a later month; `first` is that of a month."""
    years, month = divmod(first.month - 1 + months, YEAR_MONTHS)
    return date(first.year + years, month + 1, 1)


def day_of_month(first: date, wanted: int) -> date:
    """A day of the month that begins with `first`, or its last where it has no such day."""
    length = (months_after(first, 1) - first).days
    return first.replace(day=min(wanted, length) if wanted > 0 else length + 1 + wanted)


def _week_day(first: date, week: int, day: int) -> date:
    """The n-th of a day of the week in a month, or its last one."""
    earliest = first + timedelta(days=(day - first.isoweekday()) % WEEK_DAYS)
    found = earliest + timedelta(weeks=week - 1)
    return found if found.month == first.month else found - timedelta(weeks=1)


_DAYS: dict[Unit, Callable[[Recurrence, date], Iterator[date]]] = {
    Unit.DAY: _days,
    Unit.WORKING_DAY: lambda _recurrence, start: _days(Recurrence(unit=Unit.DAY), start),
    Unit.WEEK: _weeks,
    Unit.MONTH: _months,
    Unit.WEEK_OF_MONTH: _weeks_of_month,
    Unit.QUARTER_DAY: _quarter_days,
}
