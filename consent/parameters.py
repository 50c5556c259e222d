"""Parameters of an OAuth request, from a form or a query. RFC 6749 section 3.1 and 3.2: none twice, an empty one counts as absent."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from kernel.errors import BodyTooLarge, FieldDuplicated, MediaTypeUnsupported, RequestMalformed
from kernel.http.message import Query, Request

FORM_BYTES_MAX = 65_536
PARAMETERS_MAX = 100
NAME_CHARS_MAX = 100
FORM = "application/x-www-form-urlencoded"
_PRINTABLE_CONTROLS = "\t\r\n"  # a pretty-printed `claims` has them

Parameters = Mapping[str, str]


def parse_form(request: Request) -> Parameters:
    """The form in the body. Raises MediaTypeUnsupported, BodyTooLarge, RequestMalformed or FieldDuplicated."""
    media_type = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
    if media_type != FORM:
        raise MediaTypeUnsupported("not a form", public="The request body must be sent as application/x-www-form-urlencoded.")
    if len(request.body) > FORM_BYTES_MAX:
        raise BodyTooLarge(f"{len(request.body)} bytes of form")
    try:
        text = request.body.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=PARAMETERS_MAX)
    except ValueError as error:
        raise RequestMalformed(f"form: {type(error).__name__}") from None
    return _parse(tuple(pairs))


def parse_query(request: Request) -> Parameters:
    """The parameters of the query. Raises RequestMalformed or FieldDuplicated."""
    if len(request.query) > PARAMETERS_MAX:
        raise RequestMalformed(f"{len(request.query)} parameters")
    return _parse(request.query)


def _parse(pairs: Query) -> Parameters:
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if name in parameters:
            raise FieldDuplicated(path=name[:NAME_CHARS_MAX], public="A parameter appears more than once.")
        if any((character < " " and character not in _PRINTABLE_CONTROLS) or character == "\x7f" for character in name + value):
            raise RequestMalformed("a control character in a parameter")
        parameters[name] = value
    return {name: value for name, value in parameters.items() if value}
