"""The requests and answers of a TPP, for people to read. Every secret is cut to its first characters."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl

KEPT_CHARACTERS = 8
BODY_CHARACTERS_MAX = 2000
BODY_LINES_MAX = 30
LINE_CHARACTERS_MAX = 110
INDENT = "  "

_LONG = re.compile(
    r"(?<![A-Za-z0-9_-])(?![a-z]+(?:_[a-z]+)+\b)[A-Za-z0-9_-]{24,}(?:\.[A-Za-z0-9_-]+)*"
)  # names of members are long too, but plain
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_SHOWN = (
    "accept",
    "authorization",
    "cache-control",
    "content-type",
    "dpop",
    "location",
    "retry-after",
    "www-authenticate",
    "x-fapi-",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and its answer, already shortened."""

    method: str
    url: str
    with_certificate: bool
    request_headers: tuple[tuple[str, str], ...]
    request_body: str
    status: int
    response_headers: tuple[tuple[str, str], ...]
    response_body: str

    def render(self) -> str:
        """The exchange as lines: `>` sent, `<` received."""
        certificate = "  [client certificate]" if self.with_certificate else ""
        sent = [f"> {self.method} {self.url}{certificate}", *(f"> {name}: {value}" for name, value in self.request_headers)]
        sent += [f">   {line}" for line in self.request_body.splitlines()]
        received = [f"< {self.status}", *(f"< {name}: {value}" for name, value in self.response_headers)]
        received += [f"<   {line}" for line in self.response_body.splitlines()]
        return "\n".join(sent + received)


def shorten(text: str) -> str:
    """The text with everything that could be a token, code or assertion shortened. A UUID is an id and stays."""
    return _LONG.sub(lambda found: found[0] if _UUID.fullmatch(found[0]) else f"{found[0][:KEPT_CHARACTERS]}...", text)


def shown_headers(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The headers that a reader of the transcript needs, in order."""
    return tuple((name, shorten(value)) for name, value in headers.items() if name.lower().startswith(_SHOWN))


def shown_body(body: bytes, content_type: str) -> str:
    """A form as one field a line, JSON as few lines as its width allows, all else as text, each shortened."""
    text = body.decode(errors="replace")
    if "x-www-form-urlencoded" in content_type:
        text = "\n".join(f"{name}={value}" for name, value in parse_qsl(text, keep_blank_values=True))
    if "text/html" in content_type:
        return f"(a page of {len(body)} bytes)"
    if "json" in content_type:
        try:
            return _cut(_laid_out(json.loads(text)))
        except (ValueError, RecursionError):  # no JSON, or nested beyond all measure
            pass
    if len(text) > BODY_CHARACTERS_MAX:
        text = text[:BODY_CHARACTERS_MAX] + " ..."
    return shorten(text)


def _laid_out(value: Any, before: str = "", after: str = "", indent: str = "") -> Iterator[str]:
    """JSON on one line where it fits, else a line a member, the same for each member."""
    whole = json.dumps(value, ensure_ascii=False)
    is_part = not value or not isinstance(value, dict | list)
    if is_part or len(whole) <= LINE_CHARACTERS_MAX * 2:  # shortening may make it fit
        line = f"{indent}{shorten(f'{before}{whole}')}{after}"
        if is_part or len(line) <= LINE_CHARACTERS_MAX:
            yield line
            return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield f"{indent}{shorten(before)}{opening}"
    members = (
        [(f"{json.dumps(name)}: ", each) for name, each in value.items()]
        if isinstance(value, dict)
        else [("", each) for each in value]
    )
    for number, (label, member) in enumerate(members, 1):
        yield from _laid_out(member, label, "," if number < len(members) else "", indent + INDENT)
    yield f"{indent}{closing}{after}"


def _cut(lines: Iterator[str]) -> str:
    """No longer and no wider than a reader takes in."""
    kept = [
        line if len(line) <= LINE_CHARACTERS_MAX else f"{line[:LINE_CHARACTERS_MAX]} ..."
        for line in islice(lines, BODY_LINES_MAX)
    ]
    return "\n".join([*kept, "..."] if next(lines, None) is not None else kept)
