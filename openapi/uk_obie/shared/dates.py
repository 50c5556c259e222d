"""Date-times on the wire: any ISO 8601 form in, always with an offset out. OBIE R/W 4.0 Profile, "Date Formats"."""

import re
from datetime import UTC, datetime

from msgspec import UNSET, UnsetType

from kernel.errors import FieldDateInvalid
from kernel.instants import to_utc
from kernel.iso_8601 import parse_day, parse_iso_8601

# A query's `+` reaches us as a blank where the caller did not escape it.
_BLANK_FOR_PLUS = re.compile(r" (?=\d{2}(:?\d{2})?$)", re.ASCII)


def parse_date_time(text: str, path: str) -> datetime:
    """An instant. Without a zone it is UTC. Raises FieldDateInvalid with `path`."""
    try:
        return to_utc(parse_iso_8601(text).instant, path)
    except (ValueError, OverflowError) as error:
        raise FieldDateInvalid(f"no such date-time: {error}", path=path) from None


def parse_query_date_time(text: str, path: str) -> datetime:
    """The bound of a filter: a zone is ignored, as the standard says; a bare day means its first moment."""
    try:
        local = parse_iso_8601(_BLANK_FOR_PLUS.sub("+", text)).local if "T" in text.upper() else parse_day(text)
    except (ValueError, OverflowError) as error:
        raise FieldDateInvalid(f"no such date-time: {error}", path=path) from None
    return to_utc(local, path)


def render_date_time(instant: datetime) -> str:
    """With an offset, which is always +00:00."""
    return instant.astimezone(UTC).isoformat()


def render_known(instant: datetime | None) -> str | UnsetType:
    """Nothing at all where the bank knows no instant."""
    return UNSET if instant is None else render_date_time(instant)
