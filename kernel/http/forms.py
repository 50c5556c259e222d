"""Read an application/x-www-form-urlencoded body into a dictionary, or refuse it.

RFC 6749 section 3.1 and 3.2 (parameters are not repeated), RFC 6749 appendix B (UTF-8).
"""

import re
from collections.abc import Set
from urllib.parse import parse_qsl

from kernel.errors import BodyTooLarge, FieldDuplicated, MediaTypeUnsupported, RequestMalformed
from kernel.http.message import Request

MEDIA_TYPE = "application/x-www-form-urlencoded"
FIELDS_MAX = 100  # fields of one form; one more and it is refused

_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def parse_form(request: Request, *, limit: int) -> dict[str, str]:
    """Every field once. `limit` is in bytes. An empty value stays; an empty body is an empty form.

    Raises MediaTypeUnsupported, BodyTooLarge, RequestMalformed, or FieldDuplicated with the field's name as its path.
    """
    return {name: value for name, (value,) in parse_fields(request, limit=limit).items()}


def parse_fields(request: Request, *, limit: int, repeatable: Set[str] = frozenset()) -> dict[str, list[str]]:
    """As `parse_form`, with the values of each field in their order: one, unless the field is repeatable."""
    check_media_type(request)
    if len(request.body) > limit:
        raise BodyTooLarge(f"{len(request.body)} bytes of form, {limit} allowed")
    fields: dict[str, list[str]] = {}
    for name, value in parse_pairs(_ascii(request.body)):
        if name in fields and name not in repeatable:
            raise FieldDuplicated(path=name[:100])
        fields.setdefault(name, []).append(value)
    return fields


def check_media_type(request: Request) -> None:
    """Raises MediaTypeUnsupported unless the body says it is a form; a charset, if any, must be UTF-8."""
    media_type, _, parameters = (request.header("Content-Type") or "").partition(";")
    name, _, charset = parameters.partition("=")
    foreign = name.strip().lower() == "charset" and charset.strip(' \t"').lower() not in {"utf-8", "us-ascii"}
    if media_type.strip().lower() != MEDIA_TYPE or foreign:
        raise MediaTypeUnsupported(public="The request body must be sent as application/x-www-form-urlencoded.")


def parse_pairs(encoded: str, *, fields_max: int = FIELDS_MAX) -> list[tuple[str, str]]:
    """Decode a query string or form, order and duplicates kept. Raises RequestMalformed: broken escapes, NUL, bad UTF-8, too many."""
    if _BROKEN_ESCAPE.search(encoded):
        raise RequestMalformed("a percent sign that escapes nothing")
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, errors="strict", max_num_fields=fields_max)
    except ValueError as error:
        raise RequestMalformed(f"not form-encoded: {type(error).__name__}") from None
    if any("\0" in name or "\0" in value for name, value in pairs):
        raise RequestMalformed("NUL in a parameter")
    return pairs


def _ascii(body: bytes) -> str:
    try:
        return body.decode("ascii")
    except UnicodeDecodeError:
        raise RequestMalformed("bytes that should have been percent-encoded") from None
