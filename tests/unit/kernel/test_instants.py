"""One place judges instants: what a caller sends is stored, compared and shown, or refused."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import FieldDateInvalid
from kernel.instants import FIRST_YEAR, LAST_YEAR, to_utc

ZONES = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=ZONES), ZONES)
def test_every_instant_is_refused_or_can_be_said_in_every_zone(at, zone):
    try:
        instant = to_utc(at)
    except FieldDateInvalid:
        return
    assert instant == at
    assert instant.tzinfo is UTC
    assert instant.astimezone(zone) == at  # without leaving the calendar


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
@pytest.mark.parametrize("hours", [-23, -12, 0, 14, 23])
def test_the_edges_of_the_calendar_are_refused(at, hours):
    with pytest.raises(FieldDateInvalid, match="every time zone"):
        to_utc(datetime.fromisoformat(at).replace(tzinfo=timezone(timedelta(hours=hours))))


def test_a_year_at_either_bound_counts_in_utc():
    zone = timezone(timedelta(hours=1))
    assert to_utc(datetime(FIRST_YEAR, 1, 1, 1, tzinfo=zone)) == datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    with pytest.raises(FieldDateInvalid):
        to_utc(datetime(FIRST_YEAR, 1, 1, tzinfo=zone))
    with pytest.raises(FieldDateInvalid):
        to_utc(datetime(LAST_YEAR, 12, 31, 23, 30, tzinfo=timezone(timedelta(hours=-1))))


@pytest.mark.spec("RFC3339")
def test_an_instant_without_an_offset_is_none():
    with pytest.raises(FieldDateInvalid):
        to_utc(datetime(2026, 1, 1))  # noqa: DTZ001
