"""The periods of a limit, and how much may be paid in each: pure functions of days in the bank's own zone.

UK Open Banking R/W 4.0, Domestic VRP Consents, "Periodic Limits". A period aligned to the consent is counted from its first day; on the 29th to 31st
it begins on the last day of a shorter month, and on the same day as before in a longer one. A period aligned to the calendar is a day, a
week from Monday (ISO 8601), a month, half a year from January or July, or a year; the first one is shared by the days that are left of
it, the first day among them, rounded half up to the smallest unit of the currency. The last period is not shared.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kernel.banking.money import Money
from kernel.banking.terms import Alignment, Period, PeriodicLimit

DAYS = {Period.DAY: 1, Period.WEEK: 7, Period.FORTNIGHT: 14}
MONTHS = {Period.MONTH: 1, Period.HALF_YEAR: 6, Period.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Window:
    """A period as instants, from `starts_at` until before `ends_at`, and the sum that may be paid in it."""

    starts_at: datetime
    ends_at: datetime
    allowed: Money

    def includes(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


def window_of(limit: PeriodicLimit, begins_at: datetime, at: datetime, zone: ZoneInfo) -> Window:
    """The period in which the instant `at` lies, of a limit that counts from `begins_at` on, which is no later. A period changes at
    midnight in the zone, however long its days are."""
    first, today = begins_at.astimezone(zone).date(), at.astimezone(zone).date()
    start, end = days_of(limit, first, today)
    allowed = limit.amount
    if start < first:
        allowed = share_of(limit.amount, (end - first).days, (end - start).days)
    return Window(_midnight(max(start, first), zone), _midnight(end, zone), allowed)


def days_of(limit: PeriodicLimit, first: date, today: date) -> tuple[date, date]:
    """The first day of the period of `today`, which may be before `first`, and the first day after it."""
    if limit.alignment is Alignment.CALENDAR:
        return _calendar_days(limit.period, today)
    return _counted_days(limit.period, first, today)


def share_of(amount: Money, days_left: int, days: int) -> Money:
    """Rounded half up."""
    return Money(amount.currency, (2 * amount.minor * days_left + days) // (2 * days))


def _calendar_days(period: Period, today: date) -> tuple[date, date]:
    if period in DAYS:
        start = today - timedelta(days=today.weekday() if period is Period.WEEK else 0)
        return start, start + timedelta(days=DAYS[period])
    months = MONTHS[period]
    start = date(today.year, (today.month - 1) // months * months + 1, 1)
    return start, _months_after(start, months)


def _counted_days(period: Period, first: date, today: date) -> tuple[date, date]:
    if period in DAYS:
        days = DAYS[period]
        start = first + timedelta(days=(today - first).days // days * days)
        return start, start + timedelta(days=days)
    months = MONTHS[period]
    passed = (today.year - first.year) * 12 + today.month - first.month
    count = passed // months
    if _months_after(first, count * months) > today:
        count -= 1
    return _months_after(first, count * months), _months_after(first, (count + 1) * months)


def _months_after(first: date, months: int) -> date:
    """The same day so many months later, or the last one of a month that is shorter."""
    years, month = divmod(first.month - 1 + months, 12)
    year = first.year + years
    return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
