"""The working day on which a payment is made: weekends, days without payments, summer time, and the very instant of the cut-off."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from kernel.cut_offs import CutOffRule

LONDON = ZoneInfo("Europe/London")
RULE = CutOffRule(at=time(16, 30), late="refused", closed=frozenset({date(2026, 12, 25), date(2026, 12, 28)}))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-12-01T00:00", "2026-12-01"),
        ("2026-12-01T16:29:59", "2026-12-01"),
        ("2026-12-01T16:30", "2026-12-02"),
        ("2026-12-04T16:30", "2026-12-07"),
        ("2026-12-06T10:00", "2026-12-07"),
        ("2026-12-24T17:00", "2026-12-29"),
        ("2026-12-25T10:00", "2026-12-29"),
        ("2026-07-01T16:30", "2026-07-02"),
    ],
)
def test_the_day_of_a_payment_is_a_working_one_whose_cut_off_is_ahead(now: str, day: str) -> None:
    found = RULE.day_of(at(now), LONDON)
    assert (found.opens, found.cut_off, found.late) == (at(f"{day}T00:00"), at(f"{day}T16:30"), "refused")


def test_a_day_is_that_of_the_banks_own_zone() -> None:
    """At 23:30 in London it is the next day in Madrid."""
    madrid = ZoneInfo("Europe/Madrid")
    found = RULE.day_of(at("2026-12-01T23:30"), madrid)
    assert found.cut_off == datetime(2026, 12, 2, 16, 30, tzinfo=madrid)
    assert found.cut_off.utcoffset() == timedelta()
