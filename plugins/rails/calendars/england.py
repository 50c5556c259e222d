"""The bank holidays of England, on which the Bank of England settles nothing: they follow from a rule, for every year.

Banking and Financial Dealings Act 1971, schedule 1, with New Year's Day, Good Friday, Christmas Day and the first Monday of May; one that falls on a
weekend is kept on the next working day. A day that is proclaimed for one year alone is known only to a later version.
"""

from datetime import date, timedelta
from functools import cache

from kernel.cut_offs import WEEKEND
from plugins.rails.calendars.business_days import BusinessDays
from plugins.rails.calendars.easter import easter_monday, good_friday

VERSION = "ENGLAND-1978"  # since when the holidays are these


@cache
def holidays(year: int) -> frozenset[date]:
    found = {
        good_friday(year),
        easter_monday(year),
        _monday(date(year, 5, 1)),
        _monday(date(year, 5, 25)),
        _monday(date(year, 8, 25)),
    }
    for day in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        kept_on = (day + timedelta(days=later) for later in range(3))
        found.add(next(each for each in kept_on if each.weekday() not in WEEKEND and each not in found))
    return frozenset(found)


def _monday(day: date) -> date:
    """The day itself, or the next Monday. From the 25th of a month of 31 days it is the last one of the month."""
    return day + timedelta(days=-day.weekday() % 7)


ENGLAND = BusinessDays(VERSION, holidays)
