"""Parameters of an OAuth request, from a form or a query. RFC 6749 section 3.1 and 3.2: none twice, an empty one counts as absent."""

from collections.abc import Iterable, Mapping

from kernel.errors import FieldDuplicated
from kernel.http import forms
from kernel.http.message import Request

FORM_BYTES_MAX = 65_536
DUPLICATED = "A parameter appears more than once."

Parameters = Mapping[str, str]


def parse_form(request: Request) -> Parameters:
    """The form in the body. Raises MediaTypeUnsupported, BodyTooLarge, RequestMalformed or FieldDuplicated."""
    return _without_empty(forms.parse_form(request, limit=FORM_BYTES_MAX).items())


def parse_query(request: Request) -> Parameters:
    """The parameters of the query. Raises FieldDuplicated."""
    names = [name for name, _ in request.query]
    if len(set(names)) != len(names):
        raise FieldDuplicated(path="query", public=DUPLICATED)
    return _without_empty(request.query)


def _without_empty(pairs: Iterable[tuple[str, str]]) -> Parameters:
    return {name: value for name, value in pairs if value}
