"""The query parameters that listings have. Parameters that the standard does not know are ignored. OBIE R/W 4.0 Profile,
"Filtering" and "Pagination"."""

from datetime import datetime

from kernel.errors import FieldDateInvalid, FieldDuplicated
from kernel.http.message import Query
from openapi.parameters import QueryParameter
from openapi.uk_obie.shared.dates import parse_query_date_time

PAGE = "page"
DATE_TIME = {"type": "string", "format": "date-time"}
PAGE_PARAMETER = QueryParameter(PAGE, "Where a page begins: only ever taken from a link, never made up.")


def single(query: Query, name: str) -> str | None:
    """A parameter that may come once. Raises FieldDuplicated, path = the parameter."""
    values = [value for key, value in query if key == name]
    if len(values) > 1:
        raise FieldDuplicated(f"{len(values)} times", public="A query parameter appears more than once.", path=name)
    return values[0] if values else None


def period(query: Query, since_name: str, until_name: str) -> tuple[datetime | None, datetime | None]:
    """Two inclusive bounds. Raises FieldDateInvalid or FieldDuplicated, path = the parameter."""
    since, until = (_parse(single(query, name), name) for name in (since_name, until_name))
    if since is not None and until is not None and since > until:
        raise FieldDateInvalid(f"{since} is after {until}", public="The period ends before it begins.", path=until_name)
    return since, until


def _parse(text: str | None, name: str) -> datetime | None:
    return None if text is None else parse_query_date_time(text, name)
