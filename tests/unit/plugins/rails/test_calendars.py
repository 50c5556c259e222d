"""The days on which rails settle, and the cycles of them: TARGET and England by their rules."""

from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.easter import easter
from hypothesis import given
from hypothesis import strategies as st

from plugins.rails.calendars.easter import easter_sunday
from plugins.rails.calendars.england import ENGLAND, holidays
from plugins.rails.calendars.target import TARGET, closing_days
from plugins.rails.faster_payments.cycles import CYCLES as FASTER
from plugins.rails.sepa.credit_transfer import CYCLES as SEPA
from plugins.rails.sepa.instant import CYCLES as INSTANT

years = st.integers(1583, 4099)  # of the Gregorian calendar
days = st.dates(date(2025, 1, 1), date(2030, 12, 31))
instants = st.datetimes(datetime(2025, 1, 1), datetime(2030, 11, 30), timezones=st.just(UTC))  # noqa: DTZ001  bounds have no zone


@given(years)
def test_easter_is_when_another_implementation_says(year):
    assert easter_sunday(year) == easter(year)


def test_target_is_closed_on_six_days_and_on_weekends():
    """As the European Central Bank announces them."""
    assert sorted(closing_days(2026)) == [date(2026, *day) for day in ((1, 1), (4, 3), (4, 6), (5, 1), (12, 25), (12, 26))]
    assert not TARGET.includes(date(2026, 11, 28))
    assert TARGET.includes(date(2026, 12, 28))  # on which England is closed
    assert not ENGLAND.includes(date(2026, 12, 28))


@pytest.mark.parametrize(
    ("day", "later", "expected"),
    [
        (date(2026, 4, 2), 0, date(2026, 4, 2)),
        (date(2026, 4, 2), 1, date(2026, 4, 7)),  # Good Friday, a weekend and Easter Monday between
        (date(2026, 4, 4), 0, date(2026, 4, 7)),
        (date(2026, 12, 24), 1, date(2026, 12, 28)),
        (date(2040, 3, 29), 1, date(2040, 4, 3)),
    ],
)
def test_business_days_are_counted_over_holidays(day, later, expected):
    assert TARGET.following(day, later) == expected


@pytest.mark.parametrize(
    ("year", "announced"),
    [
        (2017, "01-02 04-14 04-17 05-01 05-29 08-28 12-25 12-26"),
        (2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28"),
        (2025, "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26"),
        (2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"),
        (2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28"),
        (2028, "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26"),
    ],
)
def test_england_is_closed_as_its_government_announces(year, announced):
    assert sorted(holidays(year)) == [date.fromisoformat(f"{year}-{day}") for day in announced.split()]


@given(years)
def test_england_keeps_eight_holidays_on_working_days_of_every_year(year):
    kept = holidays(year)
    assert len(kept) == 8
    assert all(day.year == year and day.weekday() < 5 for day in kept)


def test_days_far_ahead_are_business_days_by_the_same_rule():
    assert ENGLAND.following(date(2033, 12, 24)) == date(2033, 12, 28)  # Christmas Day is a Sunday


@given(instants, st.sampled_from([SEPA, INSTANT, FASTER]))
def test_a_payment_is_in_the_one_cycle_that_closes_next(at, cycles):
    cycle = cycles.cycle_of(at)
    assert cycle.closes_at > at
    assert cycles.find(cycle.id) == cycle
    assert cycles.is_business_day(cycle.settles_on)
    assert cycles.cycle_of(cycle.closes_at - timedelta(microseconds=1)) == cycle
    assert cycles.cycle_of(cycle.closes_at) != cycle


@pytest.mark.parametrize(
    ("at", "credit_transfer", "instant"),
    [
        ("2026-11-30T12:30:00+00:00", "2026-11-30.4", "2026-11-30.1"),
        ("2026-11-30T16:00:00+00:00", "2026-12-01.1", "2026-11-30.1"),  # 17:00 in the zone: the last cycle has closed
        ("2026-04-02T20:00:00+00:00", "2026-04-07.1", "2026-04-07.1"),  # the evening before Good Friday
    ],
)
def test_a_payment_in_euro_settles_on_a_target_day(at, credit_transfer, instant):
    moment = datetime.fromisoformat(at)
    assert (SEPA.cycle_of(moment).id, INSTANT.cycle_of(moment).id) == (credit_transfer, instant)
