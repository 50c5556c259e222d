"""Judge instants that callers send: any that cannot be stored, compared or shown is refused. ISO 8601, RFC 3339.

Python's calendar ends at the years 1 and 9999, and an offset may lead past either end. So an instant must lie in years that every
zone can say: a page shows it in the bank's own.
"""

from datetime import UTC, datetime

from kernel.errors import FieldDateInvalid

FIRST_YEAR, LAST_YEAR = 1000, 9998


def to_utc(at: datetime, path: str = "") -> datetime:
    """The same instant in UTC. Raises FieldDateInvalid with `path` for one without an offset, or at the edges of the calendar."""
    if at.tzinfo is None:
        raise FieldDateInvalid("no offset", public="A date-time needs an offset, such as 2026-07-01T09:00:00Z.", path=path)
    # before any arithmetic, which could leave the calendar; an offset moves an instant by a day at most
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise FieldDateInvalid("beyond what every time zone can say", path=path)
    instant = at.astimezone(UTC)
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise FieldDateInvalid("beyond what every time zone can say", path=path)
    return instant
