"""`[brands.cut_off]`: until when a bank carries payments out on a working day, and what becomes of one that comes later."""

import re
from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Literal

import msgspec

from kernel.config import ConfigurationRefused
from kernel.cut_offs import CLOSED_DAYS_MAX, CutOffRule
from plugins.rails.calendars.england import holidays
from plugins.rails.calendars.target import closing_days

YEARS = range(2025, 2076)  # whose holidays are worked out: far beyond any day for which a payment may be planned
HOLIDAYS: Mapping[str, frozenset[date]] = MappingProxyType(
    {
        "target": frozenset(day for year in YEARS for day in closing_days(year)),
        "england": frozenset(day for year in YEARS for day in holidays(year)),
    }
)
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class CutOffSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`source`: `core_bank` asks the core bank, and the rest is the rule where it does not answer. `time`: `HH:MM` in the brand's zone. `closed`: days on which no payments are made, `YYYY-MM-DD`, in addition to weekends and to the holidays of
    `calendar`. `planned`: of what is planned for such a day."""

    time: str
    late: Literal["refused", "next_day"]
    closed: tuple[str, ...] = ()
    calendar: Literal["target", "england"] | None = None
    planned: Literal["refused", "next_day"] = "next_day"
    source: Literal["configured", "core_bank"] = "configured"

    def rule(self) -> CutOffRule:
        """Raises ConfigurationRefused."""
        if not TIME.fullmatch(self.time) or self.time == "00:00":
            raise ConfigurationRefused("brands.cut_off.time: must be HH:MM, and later than midnight")
        if len(self.closed) > CLOSED_DAYS_MAX:
            raise ConfigurationRefused(f"brands.cut_off.closed: at most {CLOSED_DAYS_MAX} days")
        try:
            closed = frozenset(date.fromisoformat(day) for day in self.closed)
        except ValueError as error:
            raise ConfigurationRefused(f"brands.cut_off.closed: each must be a day, YYYY-MM-DD ({error})") from None
        if self.calendar is not None:
            closed |= HOLIDAYS[self.calendar]
        return CutOffRule(at=time.fromisoformat(self.time), late=self.late, closed=closed, planned=self.planned)
