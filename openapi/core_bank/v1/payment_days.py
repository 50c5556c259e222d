"""The day on which a bank makes a payment that comes now: an optional question to a core bank, its answer, and what an answer must keep."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from openapi.core_bank.v1.questions import Instant

DAYS_AHEAD_MAX = 31  # from an instant to the cut-off that a core bank gives for it
DAY_HOURS_MAX = 25  # from the first instant of a core bank's working day to its cut-off: on one day a year clocks go back


class OfDay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    at: Instant


class WorkingDay(msgspec.Struct, frozen=True, kw_only=True):
    """The working day on which a payment that comes `at` an instant, that of the question, is made: `opens` is its first instant, and `cut_off`
    comes after `at`, within 31 days, at most 25 hours after `opens`. `late`: what becomes of a payment that comes before `opens`, because the
    cut-off of the day before had passed: it is refused, or made on this day. `valid_until`: up to when Portcullis may go by this answer."""

    at: datetime
    opens: datetime
    cut_off: datetime
    late: Literal["refused", "next_day"]
    valid_until: datetime


def check_day(day: WorkingDay, at: datetime) -> None:
    """Raises ValueError for an answer that cannot be true of that instant."""
    if day.at != at:
        raise ValueError("of another instant")
    if not timedelta() < day.cut_off - at <= timedelta(days=DAYS_AHEAD_MAX):
        raise ValueError("a cut-off that has passed, or is too far ahead")
    if not timedelta() < day.cut_off - day.opens <= timedelta(hours=DAY_HOURS_MAX):
        raise ValueError("a day that ends before it begins, or is too long")
    if day.valid_until <= at:
        raise ValueError("of no validity")
