"""Frequencies, as codes with a point in time or as patterns of intervals. OBIE R/W 4.0, OBFrequency6, OBFrequency6Code."""

import re

from msgspec import UNSET

from kernel.banking.planned.recurrence import YEAR_MONTHS, QuarterDays, Recurrence, Unit
from kernel.errors import FieldInvalid, FrequencyUnsupported
from openapi.uk_obie.v4_0.pisp.wire.standing_orders import OBFrequency6

CODES: dict[str, Recurrence] = {
    "DAIL": Recurrence(unit=Unit.DAY),
    "WODL": Recurrence(unit=Unit.WORKING_DAY),
    "WEEK": Recurrence(unit=Unit.WEEK),
    "FRTN": Recurrence(unit=Unit.WEEK, every=2),
    "FOWK": Recurrence(unit=Unit.WEEK, every=4),
    "MNTH": Recurrence(unit=Unit.MONTH),
    "TWMH": Recurrence(unit=Unit.MONTH, every=2),
    "ALMH": Recurrence(unit=Unit.MONTH, every=2),  # alternate months
    "QURT": Recurrence(unit=Unit.MONTH, every=3),
    "FOMH": Recurrence(unit=Unit.MONTH, every=4),
    "FIMH": Recurrence(unit=Unit.MONTH, every=5),
    "MIAN": Recurrence(unit=Unit.MONTH, every=6),
    "YEAR": Recurrence(unit=Unit.MONTH, every=YEAR_MONTHS),
}
NO_DAYS = frozenset({"ADHO", "INDA", "NONE", "NotKnown"})  # nothing can be planned by these
POINT_DAYS_MAX = {Unit.WEEK: 7, Unit.MONTH: 31}  # what a point in time may say; of other units it says nothing
_PATTERN = re.compile(
    r"(?P<daily>EvryDay)|(?P<working>EvryWorkgDay)"
    r"|IntrvlDay:(?P<days>0[2-9]|[12][0-9]|3[01])"
    r"|IntrvlWkDay:(?P<weeks>0[1-9]):(?P<week_day>0[1-7])"
    r"|WkInMnthDay:(?P<week>0[1-5]):(?P<month_week_day>0[1-7])"
    r"|IntrvlMnthDay:(?P<months>0[1-6]|12|24):(?P<month_day>-0[1-5]|0[1-9]|[12][0-9]|3[01])"
    r"|QtrDay:(?P<quarter>ENGLISH|SCOTTISH|RECEIVED)",
    re.ASCII,
)


def parse_frequency(frequency: OBFrequency6, path: str) -> Recurrence:
    """Raises FrequencyUnsupported or FieldInvalid, with the path of the member."""
    if frequency.count_per_period not in (1, UNSET):
        raise FrequencyUnsupported("several payments of one period", path=f"{path}.CountPerPeriod")
    if frequency.type in NO_DAYS:
        raise FrequencyUnsupported(path=f"{path}.Type")
    code = CODES.get(frequency.type)
    recurrence = _of_pattern(frequency.type, path) if code is None else code
    point = "" if frequency.point_in_time is UNSET else frequency.point_in_time
    if point in ("", "00"):
        return recurrence
    last = POINT_DAYS_MAX.get(recurrence.unit, 0) if code is not None else 0
    if not point.isascii() or not point.isdecimal() or not 1 <= int(point) <= last:
        raise FieldInvalid("no such point in time", path=f"{path}.PointInTime")
    return Recurrence(unit=recurrence.unit, every=recurrence.every, day=int(point))


def _of_pattern(text: str, path: str) -> Recurrence:
    found = _PATTERN.fullmatch(text)
    if found is None:
        raise FieldInvalid("no frequency", path=f"{path}.Type")
    if found["daily"]:
        return CODES["DAIL"]
    if found["working"]:
        return CODES["WODL"]
    if found["days"]:
        return Recurrence(unit=Unit.DAY, every=int(found["days"]))
    if found["weeks"]:
        return Recurrence(unit=Unit.WEEK, every=int(found["weeks"]), day=int(found["week_day"]))
    if found["week"]:
        return Recurrence(unit=Unit.WEEK_OF_MONTH, week=int(found["week"]), day=int(found["month_week_day"]))
    if found["months"]:
        return Recurrence(unit=Unit.MONTH, every=int(found["months"]), day=int(found["month_day"]))
    return Recurrence(unit=Unit.QUARTER_DAY, quarter=QuarterDays(found["quarter"].lower()))
