"""When something that repeats is due next: later than now, on its own day, and never one too many."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.banking.records.mandates import Frequency
from plugins.ledger.records.schedule import add_months, next_due

INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  what it asks for
REGULAR = [each for each in Frequency if each not in {Frequency.AD_HOC, Frequency.UNKNOWN}]


@given(due=INSTANTS, after=INSTANTS, frequency=st.sampled_from(REGULAR))
def test_the_next_instant_is_later_than_now_and_the_first_such(due, after, frequency):
    found = next_due(due, frequency, after)
    assert found > after
    assert found >= due
    if found > due and frequency is not Frequency.WORKING_DAYS:
        steps = {"monthly": 31, "yearly": 366, "weekly": 7}
        assert found - after <= timedelta(days=steps.get(frequency, 366))
    if frequency is Frequency.WORKING_DAYS and found > due:
        assert found.weekday() < 5
        assert found - after <= timedelta(days=3)


@given(due=INSTANTS, months=st.integers(-600, 600))
def test_a_month_later_is_the_same_day_or_the_months_last(due, months):
    moved = add_months(due, months)
    assert (moved.year * 12 + moved.month) - (due.year * 12 + due.month) == months
    assert moved.day == due.day or (moved + timedelta(days=1)).month != moved.month
    assert moved.timetz() == due.timetz()


@pytest.mark.parametrize(
    ("frequency", "expected"),
    [
        (Frequency.WEEKLY, datetime(2026, 3, 7, 2, tzinfo=UTC)),
        (Frequency.FORTNIGHTLY, datetime(2026, 3, 14, 2, tzinfo=UTC)),
        (Frequency.MONTHLY, datetime(2026, 3, 31, 2, tzinfo=UTC)),
        (Frequency.QUARTERLY, datetime(2026, 4, 30, 2, tzinfo=UTC)),
        (Frequency.YEARLY, datetime(2027, 1, 31, 2, tzinfo=UTC)),
        (Frequency.AD_HOC, None),
        (Frequency.UNKNOWN, None),
    ],
)
def test_knows_the_lengths_of_months(frequency, expected):
    """The 31st: February's payment is on the 28th, March's on the 31st again."""
    due = datetime(2026, 1, 31, 2, tzinfo=UTC)
    assert next_due(due, frequency, datetime(2026, 3, 1, tzinfo=UTC)) == expected
    assert next_due(due, Frequency.MONTHLY, datetime(2026, 2, 1, tzinfo=UTC)) == datetime(2026, 2, 28, 2, tzinfo=UTC)
