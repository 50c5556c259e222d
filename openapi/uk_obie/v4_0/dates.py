"""Date-times on the wire: any ISO 8601 form in, always with an offset out. OBIE R/W 4.0 Profile, "Date Formats"."""

import re
from datetime import UTC, datetime

from msgspec import UNSET, UnsetType

from kernel.errors import FieldDateInvalid

_DATE_TIME = re.compile(
    r"(?P<local>\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?)([.,](?P<fraction>\d{1,9}))?(?P<zone>Z|[+-]\d{2}(:?\d{2})?)?",
    re.ASCII,
)
# A query's `+` reaches us as a blank where the caller did not escape it.
_QUERY_ZONE = re.compile(r"(?<=\d)(Z|[+\- ]\d{2}(:?\d{2})?)$", re.ASCII)
# Every zone can say an instant of these years; a page in the bank's own zone shows them.
FIRST_YEAR, LAST_YEAR = 1000, 9998
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def parse_date_time(text: str, path: str) -> datetime:
    """An instant. Without a zone it is UTC. Raises FieldDateInvalid with `path`."""
    match = _DATE_TIME.fullmatch(text.upper())
    if match is None:
        raise FieldDateInvalid("not an ISO 8601 date-time", path=path)
    try:
        local = datetime.fromisoformat(match["local"] + (match["zone"] or "Z"))
        if not FIRST_YEAR <= local.year <= LAST_YEAR:
            raise ValueError("beyond what every time zone can say")
        return local.astimezone(UTC).replace(microsecond=int((match["fraction"] or "0").ljust(6, "0")[:6]))
    except (ValueError, OverflowError) as error:
        raise FieldDateInvalid(f"no such date-time: {error}", path=path) from None


def parse_query_date_time(text: str, path: str) -> datetime:
    """The bound of a filter: a zone is ignored, as the standard says; a bare day means its first moment."""
    if _DAY.fullmatch(text):
        text += "T00:00:00"
    elif "T" in text.upper():
        text = _QUERY_ZONE.sub("", text.upper())
    return parse_date_time(text, path)


def render_date_time(instant: datetime) -> str:
    """With an offset, which is always +00:00."""
    return instant.astimezone(UTC).isoformat()


def render_known(instant: datetime | None) -> str | UnsetType:
    """Nothing at all where the bank knows no instant."""
    return UNSET if instant is None else render_date_time(instant)
