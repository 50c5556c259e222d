"""JSON in and out, strictly.

`decode` refuses duplicate members, NaN, bad UTF-8, texts that cannot be stored and deep nesting, and says where a document is wrong. msgspec's errors are
text and stop at the first: this module alone reads that text, and a test pins it.
"""

import json
import re
from itertools import chain
from typing import Any, NoReturn, TypeVar

import msgspec

from kernel.errors import FieldDateInvalid, FieldDuplicated, FieldInvalid, FieldMissing, FieldUnexpected, RequestMalformed
from kernel.identifiers import is_storable

T = TypeVar("T")

DEPTH_MAX = 32  # levels of objects and arrays in a JSON body
NAME_CHARS_MAX = 100  # of the name of a member in a refusal; the rest is cut

encode = msgspec.json.Encoder(decimal_format="string").encode

_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_MISSING = re.compile(r"missing required field `(?P<name>[^`]+)`")
_UNKNOWN = re.compile(r"unknown field `(?P<name>[^`]+)`")
_DATE = re.compile(r"^Invalid (RFC3339|ISO8601|epoch)")  # anchored: the text may quote a value of the caller's
_QUOTED = re.compile(r"(['\"]).*\1", re.DOTALL)  # a value, as Python writes it


def decode(body: bytes, into: type[T]) -> T:
    """Decode `body` into `into`. Raises RequestMalformed, FieldMissing, FieldUnexpected, FieldDuplicated, FieldDateInvalid or
    FieldInvalid, each field problem with the path of the member in the caller's own notation (`Data.Permissions[0]`)."""
    check_duplicates(body)
    return decode_last(body, msgspec.json.Decoder(into))


def decode_last(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """As `decode`, with a decoder made beforehand and in one pass: of a member named twice the last one counts. For answers, which
    are not signed and are judged by what was understood of them."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        _raise_field_problem(str(error))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RequestMalformed(f"not JSON: {error}") from None


def convert(document: Any, into: type[T]) -> T:
    """As `decode`, of what was decoded before: the claims of a token, say. Raises the same field problems."""
    try:
        return msgspec.convert(document, into)
    except msgspec.ValidationError as error:
        _raise_field_problem(str(error))


def check_duplicates(body: bytes) -> None:
    """Refuse a document in which an object names a member twice: two readers could disagree about what was signed or asked."""
    try:
        document = json.loads(body, object_pairs_hook=_object_without_duplicates, parse_constant=_refuse_constant)
    except FieldDuplicated:
        raise
    except (ValueError, RecursionError) as error:
        raise RequestMalformed(f"not JSON: {error}") from None
    _check_values(document)


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    seen: set[str] = set()
    for name, _ in pairs:  # once through: a document of thousands of members must not cost its square
        if name in seen:
            raise FieldDuplicated(path=name[:NAME_CHARS_MAX])
        seen.add(name)
    raise AssertionError("fewer members than pairs, and none twice")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _check_values(document: Any) -> None:
    """Raises RequestMalformed for one nested too deep, or with a text that no database could hold: it would fail far behind its reader."""
    depth, level = 0, [document]
    while level:
        depth += 1
        if depth > DEPTH_MAX:
            raise RequestMalformed(f"nested deeper than {DEPTH_MAX}")
        if not all(is_storable(node) for node in level if isinstance(node, str)):
            raise RequestMalformed("NUL, or half of a surrogate pair, in a text")
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (chain(node, node.values()) if isinstance(node, dict) else node)
        ]


def _raise_field_problem(text: str) -> NoReturn:
    """The detail is for the log: neither a value nor a name that the caller made up stands in it."""
    located = _PATH.search(text)
    path = located["path"].removeprefix(".") if located else ""
    if missing := _MISSING.search(text):
        raise FieldMissing(text, path=_join(path, missing["name"])) from None
    if unknown := _UNKNOWN.search(text):
        raise FieldUnexpected("an unknown field", path=_join(path, unknown["name"])[:500]) from None
    kind = FieldDateInvalid if _DATE.search(text) else FieldInvalid
    raise kind(_QUOTED.sub("'...'", text), path=path) from None


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
