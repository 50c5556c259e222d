"""Periods and their sums: the standard's worked examples with its misprints, clamped months, summer time, and rules for any limit.

OBIE R/W 4.0, Domestic VRP Consents, "Periodic Limits".
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.banking.money import Money
from kernel.banking.terms import Alignment, Period, PeriodicLimit
from orders.limits.periods import days_of, share_of, window_of

LONDON = ZoneInfo("Europe/London")
MONTH, YEAR, HALF, WEEK, DAY, FORTNIGHT = (
    Period.MONTH,
    Period.YEAR,
    Period.HALF_YEAR,
    Period.WEEK,
    Period.DAY,
    Period.FORTNIGHT,
)
CONSENT, CALENDAR = Alignment.CONSENT, Alignment.CALENDAR
LIMITS = [(period, alignment) for period in Period for alignment in Alignment if (period, alignment) != (FORTNIGHT, CALENDAR)]


def limit(period: Period, alignment: Alignment, pounds: int) -> PeriodicLimit:
    return PeriodicLimit(amount=Money("GBP", pounds * 100), period=period, alignment=alignment)


def at(text: str) -> datetime:
    """An instant by London's clocks."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def span(one: PeriodicLimit, begins: str, now: str) -> tuple[str, str, str]:
    """First day, last day and sum of the period of a moment."""
    window = window_of(one, at(begins), at(now), LONDON)
    last = window.ends_at.astimezone(LONDON).date() - timedelta(days=1)
    return window.starts_at.astimezone(LONDON).date().isoformat(), last.isoformat(), window.allowed.decimal()


@pytest.mark.spec("OBIE-RW-4.0-periodic-limits")
def test_example_1_the_first_month_of_the_calendar_is_shared():
    one = limit(MONTH, CALENDAR, 300)
    assert span(one, "2021-06-06T12:00", "2021-06-30T23:59") == ("2021-06-06", "2021-06-30", "250.00")
    assert span(one, "2021-06-06T12:00", "2021-07-01T00:00") == ("2021-07-01", "2021-07-31", "300.00")


@pytest.mark.spec("OBIE-RW-4.0-periodic-limits")
def test_example_2_a_month_from_the_consent_is_whole_and_its_misprint_is_no_rule():
    """The page lets the second period, from 5 July, end on 4 July. It ends on 4 August."""
    one = limit(MONTH, CONSENT, 500)
    assert span(one, "2021-06-05T12:00", "2021-07-04T12:00") == ("2021-06-05", "2021-07-04", "500.00")
    assert span(one, "2021-06-05T12:00", "2021-07-05T00:00") == ("2021-07-05", "2021-08-04", "500.00")


@pytest.mark.spec("OBIE-RW-4.0-periodic-limits")
def test_example_3_the_first_year_of_the_calendar_counts_the_first_day():
    """The page says created on 5 June, and computes with 209 days, which is from 6 June. The first day counts: 210 days from the fifth."""
    one = limit(YEAR, CALENDAR, 500)
    assert span(one, "2021-06-06T12:00", "2021-12-31T12:00") == ("2021-06-06", "2021-12-31", "286.30")
    assert span(one, "2021-06-05T12:00", "2021-12-31T12:00") == ("2021-06-05", "2021-12-31", "287.67")
    assert span(one, "2021-06-05T12:00", "2022-01-01T00:00") == ("2022-01-01", "2022-12-31", "500.00")


@pytest.mark.spec("OBIE-RW-4.0-periodic-limits")
def test_example_4_a_year_from_the_consent_is_whole():
    one = limit(YEAR, CONSENT, 500)
    assert span(one, "2021-06-05T12:00", "2022-06-04T23:59") == ("2021-06-05", "2022-06-04", "500.00")
    assert span(one, "2021-06-05T12:00", "2022-06-05T00:00") == ("2022-06-05", "2023-06-04", "500.00")


@pytest.mark.parametrize(
    ("days_left", "days", "minor", "shared"),
    [
        (1, 2, 1, 1),
        (1, 2, 3, 2),
        (1, 4, 1, 0),
        (3, 4, 1, 1),
        (209, 365, 50_000, 28_630),
        (15, 30, 1, 1),
        (1, 366, 182, 0),
        (1, 366, 183, 1),
    ],
)
def test_half_of_the_smallest_unit_is_rounded_up(days_left: int, days: int, minor: int, shared: int):
    assert share_of(Money("GBP", minor), days_left, days) == Money("GBP", shared)


@pytest.mark.parametrize(
    ("begins", "now", "expected"),
    [
        ("2022-01-31T12:00", "2022-02-27T12:00", ("2022-01-31", "2022-02-27")),
        ("2022-01-31T12:00", "2022-02-28T12:00", ("2022-02-28", "2022-03-30")),
        ("2022-01-31T12:00", "2022-03-31T12:00", ("2022-03-31", "2022-04-29")),
        ("2024-01-30T12:00", "2024-02-29T12:00", ("2024-02-29", "2024-03-29")),
    ],
)
def test_a_month_from_the_31st_is_clamped_from_its_own_day(begins: str, now: str, expected: tuple[str, str]):
    assert span(limit(MONTH, CONSENT, 1), begins, now)[:2] == expected


def test_a_year_from_the_29th_of_february_is_clamped():
    one = limit(YEAR, CONSENT, 1)
    assert span(one, "2024-02-29T12:00", "2025-02-28T12:00")[:2] == ("2025-02-28", "2026-02-27")
    assert span(one, "2024-02-29T12:00", "2028-02-29T12:00")[:2] == ("2028-02-29", "2029-02-27")


@pytest.mark.parametrize(
    ("period", "now", "days"),
    [
        (HALF, "2023-03-01T12:00", 181),
        (HALF, "2024-03-01T12:00", 182),
        (HALF, "2024-07-01T12:00", 184),
        (YEAR, "2024-05-01T12:00", 366),
    ],
)
def test_periods_of_the_calendar_have_their_real_days(period: Period, now: str, days: int):
    start, end = days_of(limit(period, CALENDAR, 1), date(2020, 1, 1), at(now).date())
    assert (end - start).days == days


def test_a_week_of_the_calendar_is_monday_to_sunday_and_its_first_is_shared():
    one = limit(WEEK, CALENDAR, 70)
    assert span(one, "2026-07-01T12:00", "2026-07-05T23:59") == ("2026-07-01", "2026-07-05", "50.00")
    assert span(one, "2026-07-01T12:00", "2026-07-06T00:00") == ("2026-07-06", "2026-07-12", "70.00")


def test_a_day_is_whole_from_the_first():
    assert span(limit(DAY, CALENDAR, 5), "2026-07-01T23:59", "2026-07-01T23:59") == ("2026-07-01", "2026-07-01", "5.00")


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)])
def test_a_day_lasts_until_the_banks_own_midnight(day: str, hours: int):
    """Clocks go forward and back in it."""
    window = window_of(limit(DAY, CONSENT, 5), at("2026-01-01T10:00"), at(f"{day}T12:00"), LONDON)
    assert window.ends_at - window.starts_at == timedelta(hours=hours)
    assert window.starts_at == at(f"{day}T00:00")


def test_in_summer_a_payment_of_half_past_eleven_at_greenwich_is_of_the_next_day():
    moment = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    window = window_of(limit(DAY, CONSENT, 5), moment - timedelta(days=3), moment, LONDON)
    assert window.starts_at == at("2026-07-02T00:00")


moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis adds the zone
zones = st.sampled_from(
    [LONDON, ZoneInfo("Europe/Berlin"), ZoneInfo("Atlantic/Azores"), ZoneInfo("America/Sao_Paulo"), ZoneInfo("UTC")]
)


@given(st.sampled_from(LIMITS), st.integers(1, 10**9), moments, st.timedeltas(timedelta(), timedelta(days=3000)), zones)
def test_every_moment_lies_in_one_period_and_periods_follow_each_other(
    kind: tuple[Period, Alignment], minor: int, begins: datetime, later: timedelta, zone: ZoneInfo
):
    one, moment = PeriodicLimit(amount=Money("GBP", minor), period=kind[0], alignment=kind[1]), begins + later
    window = window_of(one, begins, moment, zone)
    assert window.includes(moment)
    following = window_of(one, begins, window.ends_at, zone)
    assert following.starts_at == window.ends_at
    assert following.allowed == one.amount, "only the first is shared"
    first = begins.astimezone(zone).date()
    is_first = window.starts_at.astimezone(zone).date() == first
    if kind[1] is CONSENT or kind[0] is DAY or not is_first:
        assert window.allowed == one.amount
    else:
        assert 0 <= window.allowed.minor <= one.amount.minor
    if not is_first:
        before = window_of(one, begins, window.starts_at - timedelta(microseconds=1), zone)
        assert before.ends_at == window.starts_at


@given(st.integers(1, 10**12), st.integers(1, 366), st.integers(1, 366))
def test_a_share_is_the_nearest_one(minor: int, days_left: int, days: int):
    shared = share_of(Money("GBP", minor), days_left, days).minor
    assert abs(2 * (shared * days - minor * days_left)) <= days
