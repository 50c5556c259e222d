"""The closing days of TARGET, on which nothing in euro is settled: they follow from a rule, for every year.

Guideline (EU) 2022/912 of the European Central Bank: weekends, New Year's Day, Good Friday, Easter Monday, 1 May, 25 and 26 December.
"""

from datetime import date
from functools import cache

from plugins.rails.calendars.business_days import BusinessDays
from plugins.rails.calendars.easter import easter_monday, good_friday

VERSION = "TARGET-2002"  # since when the closing days are these
FIXED = ((1, 1), (5, 1), (12, 25), (12, 26))  # month and day


@cache
def closing_days(year: int) -> frozenset[date]:
    return frozenset({*(date(year, month, day) for month, day in FIXED), good_friday(year), easter_monday(year)})


TARGET = BusinessDays(VERSION, closing_days)
