"""The days on which something recurs: months' ends, leap days, days of the week, quarter days; and what holds of every recurrence."""

import calendar
from datetime import date, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.banking.planned.recurrence import QuarterDays, Recurrence, Unit, days_from

STARTS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
RECURRENCES = st.one_of(
    st.builds(Recurrence, unit=st.just(Unit.DAY), every=st.integers(1, 31)),
    st.just(Recurrence(unit=Unit.WORKING_DAY)),
    st.builds(Recurrence, unit=st.just(Unit.WEEK), every=st.integers(1, 9), day=st.none() | st.integers(1, 7)),
    st.builds(
        Recurrence,
        unit=st.just(Unit.MONTH),
        every=st.sampled_from([1, 2, 3, 4, 5, 6, 12, 24]),
        day=st.none() | st.integers(1, 31) | st.integers(-5, -1),
    ),
    st.builds(Recurrence, unit=st.just(Unit.WEEK_OF_MONTH), week=st.integers(1, 5), day=st.integers(1, 7)),
    st.builds(Recurrence, unit=st.just(Unit.QUARTER_DAY), quarter=st.sampled_from(QuarterDays)),
)


def is_weekday(day: date) -> bool:
    return day.isoweekday() < 6


def days(recurrence: Recurrence, start: date, number: int = 4) -> list[str]:
    return [day.isoformat() for day in islice(days_from(recurrence, start, is_weekday), number)]


@pytest.mark.parametrize(
    ("recurrence", "start", "expected"),
    [
        (Recurrence(unit=Unit.MONTH), "2027-01-31", ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]),
        (Recurrence(unit=Unit.MONTH, every=12), "2024-02-29", ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28"]),
        (Recurrence(unit=Unit.MONTH, every=24), "2024-02-29", ["2024-02-29", "2026-02-28", "2028-02-29", "2030-02-28"]),
        (Recurrence(unit=Unit.MONTH, day=-1), "2028-01-15", ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]),
        (Recurrence(unit=Unit.MONTH, day=-5), "2027-01-28", ["2027-02-24", "2027-03-27", "2027-04-26", "2027-05-27"]),
        (Recurrence(unit=Unit.MONTH, day=5, every=3), "2026-12-10", ["2027-01-05", "2027-04-05", "2027-07-05", "2027-10-05"]),
        (Recurrence(unit=Unit.WEEK, day=1), "2026-12-30", ["2027-01-04", "2027-01-11", "2027-01-18", "2027-01-25"]),
        (Recurrence(unit=Unit.WEEK, every=2), "2026-12-30", ["2026-12-30", "2027-01-13", "2027-01-27", "2027-02-10"]),
        (Recurrence(unit=Unit.WORKING_DAY), "2026-12-04", ["2026-12-04", "2026-12-07", "2026-12-08", "2026-12-09"]),
        (Recurrence(unit=Unit.DAY, every=31), "2026-12-04", ["2026-12-04", "2027-01-04", "2027-02-04", "2027-03-07"]),
        (
            Recurrence(unit=Unit.WEEK_OF_MONTH, week=5, day=3),
            "2026-12-01",
            ["2026-12-30", "2027-01-27", "2027-02-24", "2027-03-31"],
        ),
        (
            Recurrence(unit=Unit.WEEK_OF_MONTH, week=1, day=7),
            "2026-12-07",
            ["2027-01-03", "2027-02-07", "2027-03-07", "2027-04-04"],
        ),
        (
            Recurrence(unit=Unit.QUARTER_DAY, quarter=QuarterDays.ENGLISH),
            "2026-12-25",
            ["2026-12-25", "2027-03-25", "2027-06-24", "2027-09-29"],
        ),
        (
            Recurrence(unit=Unit.QUARTER_DAY, quarter=QuarterDays.SCOTTISH),
            "2026-12-25",
            ["2027-02-02", "2027-05-15", "2027-08-01", "2027-11-11"],
        ),
    ],
)
def test_the_days_of_a_recurrence(recurrence: Recurrence, start: str, expected: list[str]) -> None:
    assert days(recurrence, date.fromisoformat(start)) == expected


@given(RECURRENCES, STARTS)
def test_days_are_ahead_and_ascend(recurrence: Recurrence, start: date) -> None:
    found = list(islice(days_from(recurrence, start, is_weekday), 30))
    assert found[0] >= start
    assert all(one < other for one, other in pairwise(found))


@given(st.integers(1, 31), st.sampled_from([1, 2, 3, 6, 12]), STARTS)
def test_a_month_that_lacks_the_day_moves_no_later_one(day: int, every: int, start: date) -> None:
    """Each is that day, or the last of its month; and months are so many apart."""
    found = list(islice(days_from(Recurrence(unit=Unit.MONTH, every=every, day=day), start, is_weekday), 30))
    for each in found:
        assert each.day == min(day, calendar.monthrange(each.year, each.month)[1])
    assert all((other.year - one.year) * 12 + other.month - one.month == every for one, other in pairwise(found))


@given(STARTS, st.integers(1, 9), st.integers(1, 7))
def test_weeks_are_so_many_apart(start: date, every: int, day: int) -> None:
    found = list(islice(days_from(Recurrence(unit=Unit.WEEK, every=every, day=day), start, is_weekday), 30))
    assert all(each.isoweekday() == day for each in found)
    assert all(other - one == timedelta(weeks=every) for one, other in pairwise(found))


@given(RECURRENCES, STARTS)
def test_a_later_start_begins_later_in_the_same_days(recurrence: Recurrence, start: date) -> None:
    """Of what is counted by the calendar alone, and not from its start."""
    is_counted = recurrence.every > 1 or (recurrence.day is None and recurrence.unit in (Unit.WEEK, Unit.MONTH))
    if is_counted:
        return
    one, two, *_ = found = list(islice(days_from(recurrence, start, is_weekday), 10))
    assert list(islice(days_from(recurrence, one + timedelta(days=1), is_weekday), 9)) == found[1:]
    assert two == found[1]
