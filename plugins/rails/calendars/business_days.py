"""The days on which a rail settles: weekends are none, and the calendar of its region says which others are not."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta

from kernel.cut_offs import WEEKEND


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """`version` names the rule; `closed` says the holidays of a year."""

    version: str
    closed: Callable[[int], Collection[date]]

    def includes(self, day: date) -> bool:
        return day.weekday() not in WEEKEND and day not in self.closed(day.year)

    def following(self, day: date, number: int = 0) -> date:
        """The day itself if it is a business day, or the next one; and `number` business days later."""
        left = number
        while True:
            if self.includes(day):
                if not left:
                    return day
                left -= 1
            day += timedelta(days=1)
