"""Read date-times and days in every form that ISO 8601 has without an agreement between the parties. ISO 8601:2004 sections 4.1 to 4.3.

A day is a calendar date (`2016-01-31`), an ordinal date (`2016-031`) or a week date (`2016-W04-7`). A time of day may stop at hours or
minutes, may have a decimal fraction of its last part, and may be the end of a day (`24:00`) or a leap second (`23:59:60`). Either
everything has separators or, in basic form, nothing has. Expanded years, and days shortened to a month or a week, need an agreement.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

TEXT_CHARACTERS_MAX = 64  # of a date-time or a duration as written
_HOUR, _MINUTE, _SECOND, _DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1), timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)

_DAYS = (
    r"(?P<year>\d{4})-(?:(?P<month>\d{2})-(?P<day>\d{2})|W(?P<week>\d{2})-(?P<weekday>[1-7])|(?P<ordinal>\d{3}))",
    r"(?P<year>\d{4})(?:(?P<month>\d{2})(?P<day>\d{2})|W(?P<week>\d{2})(?P<weekday>[1-7])|(?P<ordinal>\d{3}))",
)
_TIMES = (
    r"(?P<hour>\d{2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?",
    r"(?P<hour>\d{2})(?:(?P<minute>\d{2})(?P<second>\d{2})?)?",
)
_FRACTION = r"(?:[.,](?P<fraction>\d+))?"
_ZONE = r"(?P<zone>Z|(?P<sign>[+-])(?P<zone_hour>\d{2})(?::?(?P<zone_minute>\d{2}))?)?"  # clients mix its two forms with either
_DATE_TIMES = tuple(re.compile(f"{day}T{time}{_FRACTION}{_ZONE}", re.ASCII) for day, time in zip(_DAYS, _TIMES, strict=True))
_WHOLE_DAYS = tuple(re.compile(day, re.ASCII) for day in _DAYS)


class DateTime(NamedTuple):
    """`local` is what its clock shows, as if it stood at Greenwich; `offset` is None where the text names no zone."""

    local: datetime
    offset: timedelta | None

    @property
    def instant(self) -> datetime:
        """Without a zone it is UTC."""
        return self.local - (self.offset or timedelta())


def parse_iso_8601(text: str) -> DateTime:
    """A day and a time of day. Raises ValueError, and OverflowError at the edges of the calendar."""
    match = _match(_DATE_TIMES, text)
    day, time, offset = _day(match), _time(match), _offset(match)
    if match["second"] == "60":
        last = DateTime(day + time - _SECOND, offset).instant
        if (last.hour, last.minute, last.second) != (23, 59, 59):  # ITU-R TF.460: a leap second ends a day of UTC
            raise ValueError("a leap second within a day")
    return DateTime(day + time, offset)


def parse_day(text: str) -> datetime:
    """The first moment of a day, as if at Greenwich. Raises ValueError."""
    return _day(_match(_WHOLE_DAYS, text))


def _match(forms: tuple[re.Pattern[str], ...], text: str) -> re.Match[str]:
    if len(text) <= TEXT_CHARACTERS_MAX and text.isascii():
        for form in forms:
            if match := form.fullmatch(text.upper()):
                return match
    raise ValueError("not an ISO 8601 date-time")


def _day(match: re.Match[str]) -> datetime:
    year = int(match["year"])
    if match["week"]:
        return datetime.fromisocalendar(year, int(match["week"]), int(match["weekday"])).replace(tzinfo=UTC)
    if match["month"]:
        return datetime(year, int(match["month"]), int(match["day"]), tzinfo=UTC)
    day = datetime(year, 1, 1, tzinfo=UTC) + (int(match["ordinal"]) - 1) * _DAY
    if day.year != year:
        raise ValueError("no such day of the year")
    return day


def _time(match: re.Match[str]) -> timedelta:
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    if minute > 59 or second > 60:
        raise ValueError("no such minute or second")
    unit = _SECOND if match["second"] else _MINUTE if match["minute"] else _HOUR
    time = hour * _HOUR + minute * _MINUTE + second * _SECOND + _part(match["fraction"] or "", unit)
    if hour > 23 and time != _DAY:  # the end of a day, and no moment later
        raise ValueError("no such hour")
    return time


def _part(digits: str, unit: timedelta) -> timedelta:
    """A decimal fraction of an hour, minute or second, cut after its microseconds."""
    micros: int = int("0" + digits) * (unit // _MICROSECOND) // 10 ** len(digits)
    return micros * _MICROSECOND


def _offset(match: re.Match[str]) -> timedelta | None:
    if match["zone"] is None:
        return None
    hours, minutes = int(match["zone_hour"] or 0), int(match["zone_minute"] or 0)
    if hours > 23 or minutes > 59:
        raise ValueError("no such zone")
    offset = hours * _HOUR + minutes * _MINUTE
    return -offset if match["sign"] == "-" else offset
