"""Parameters of an OAuth request, from a form or a query. RFC 6749 section 3.1 and 3.2: none twice, an empty one counts as absent.

`resource` alone may be repeated (RFC 8707 section 2), where a request is pushed or a token asked for: its values become one JSON array,
as a request object may hold them.
"""

from collections.abc import Iterable, Mapping, Set

from kernel import json
from kernel.errors import FieldDuplicated
from kernel.http import forms
from kernel.http.message import Request

FORM_BYTES_MAX = 65_536  # where a request object or authorization_details may come along
TOKEN_FORM_BYTES_MAX = 16_384  # where nothing larger than tokens and assertions comes
SCOPE_CHARS_MAX = 1000  # of the parameter scope; a longer one names none
DUPLICATED = "A parameter appears more than once."

REPEATABLE = frozenset({"resource"})

Parameters = Mapping[str, str]


async def receive_form(request: Request, *, limit: int = FORM_BYTES_MAX, repeatable: Set[str] = frozenset()) -> Parameters:
    """The form in the body, which is read only if the head says that it is one; `limit` is in bytes. Raises MediaTypeUnsupported,
    FieldDuplicated, and what `Request.received` raises."""
    forms.check_media_type(request)
    fields = forms.parse_fields(await request.received(limit), limit=limit, repeatable=repeatable)
    given = {name: [value for value in values if value] for name, values in fields.items()}
    listed = {name: json.encode(values).decode() for name, values in given.items() if values and name in repeatable}
    return {name: values[0] for name, values in given.items() if values} | listed


def parse_query(request: Request) -> Parameters:
    """The parameters of the query. Raises FieldDuplicated."""
    names = [name for name, _ in request.query]
    if len(set(names)) != len(names):
        raise FieldDuplicated(path="query", public=DUPLICATED)
    return _without_empty(request.query)


def split_scope(scope: str) -> tuple[str, ...]:
    """The values of a scope, each once, in its order; none of one that is too long. RFC 6749 section 3.3."""
    return tuple(dict.fromkeys(scope.split(" "))) if len(scope) <= SCOPE_CHARS_MAX else ()


def _without_empty(pairs: Iterable[tuple[str, str]]) -> Parameters:
    return {name: value for name, value in pairs if value}
