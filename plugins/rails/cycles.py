"""The settlement cycles of a rail: at fixed times of each day on which it settles. Implements orders/settlement/ports.py Calendar."""

import bisect
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from orders.settlement.ports import Cycle
from plugins.rails.calendars.business_days import BusinessDays


@dataclass(frozen=True, slots=True)
class Cycles:
    """`times` are those at which the cycles of a day close, in the zone."""

    days: BusinessDays
    zone: ZoneInfo
    times: tuple[time, ...]

    @property
    def version(self) -> str:
        return self.days.version

    def is_business_day(self, day: date) -> bool:
        return self.days.includes(day)

    def cycle_of(self, at: datetime) -> Cycle:
        """The cycle of a payment that is made at that instant: the next one to close."""
        day = at.astimezone(self.zone).date()
        while True:
            cycles = self.cycles_of(day)
            number = bisect.bisect_right([cycle.closes_at for cycle in cycles], at)
            if number < len(cycles):
                return cycles[number]
            day += timedelta(days=1)

    def cycles_of(self, day: date) -> tuple[Cycle, ...]:
        """Those that are settled on a day, in their order."""
        if not self.is_business_day(day):
            return ()
        return tuple(
            Cycle(
                id=f"{day.isoformat()}.{number}", closes_at=datetime.combine(day, at, self.zone).astimezone(UTC), settles_on=day
            )
            for number, at in enumerate(self.times, 1)
        )

    def find(self, cycle_id: str) -> Cycle | None:
        day, _, _ = cycle_id.partition(".")
        try:
            settled = date.fromisoformat(day)
        except ValueError:
            return None
        return next((cycle for cycle in self.cycles_of(settled) if cycle.id == cycle_id), None)
