"""An answer in lines that two runs of the same code share: its call, status, headers and body, what is volatile replaced by its kind."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.harness.recorded.plain import plain

Row = Mapping[str, Any]

HEADERS = {"date": "<time>", "content-length": "<length>", "etag": "<etag>", "retry-after": "<seconds>", "age": "<seconds>"}
COUNTED = re.compile(r"\b(r|t)=\d+")  # what is left of a limit, and for how long
COOKIE = re.compile(r"^([^=;]+)=[^;]+")
SECRET_MEMBERS = {"client_id", "software_id", "kid", "jti", "state", "nonce", "code", "sub"}
SECRET_PARAMETERS = re.compile(r"\b(client_id|state|nonce|code|iss_state)=([A-Za-z0-9_-]{16,})")
EPOCH_SECONDS = range(1_500_000_000, 5_000_000_000)
COMPACT = re.compile(r"\beyJ[A-Za-z0-9_-]{10,}(\.[A-Za-z0-9_-]*){2,4}")
METRIC = re.compile(r"^# TYPE .*(?<!_created gauge)$", re.MULTILINE)
Lines = tuple[str, ...]


class Answer:
    """One recorded call, as lines. `listeners`: the names of servers' ports."""

    def __init__(self, row: Row, listeners: Mapping[str, str]) -> None:
        self._row = row
        self._listeners = listeners

    def lines(self) -> Lines:
        """All of it."""
        return (*self._head(), *self._body(self._document()))

    def parts(self) -> set[Lines]:
        """The answer without the members of its listings, and each member on its own: equal for two runs that chance gave another
        order, as ids decide the order of accounts and so what stands on which page."""
        members: set[Lines] = set()
        path = self._head()[0].partition("?")[0]
        whole = _take_apart(self._document(), f"a member of {path}", members)
        return {(*self._head(), *self._body(whole)), *members}

    def _head(self) -> list[str]:
        row = self._row
        path = re.sub(r"^https?://[^/?#]*", "", row["url"])
        first = f"{row['method']} {row['listener'] or 'another server'} {self._text(path)} {row['type'].split(';')[0]}".rstrip()
        return [first, f"  {row['status'] or 'no answer'}", *self._headers()]

    def _headers(self) -> Iterator[str]:
        for name, value in sorted(self._row["headers"], key=lambda pair: pair[0].lower()):
            yield f"  {name}: {self._header(name.lower(), value)}"

    def _header(self, name: str, value: str) -> str:
        if name == "set-cookie":
            return self._text(COOKIE.sub(r"\1=<value>", value))
        if name == "ratelimit":
            return COUNTED.sub(r"\1=<number>", value)
        return HEADERS.get(name) or self._text(value)

    def _kind(self) -> str:
        return next((value for name, value in self._row["headers"] if name.lower() == "content-type"), "")

    def _document(self) -> Any:
        """The body if it is JSON."""
        return self._value(_decode_json(self._row.get("text", ""))) if "json" in self._kind() else None

    def _body(self, document: Any) -> Iterator[str]:
        if "text" not in self._row:
            yield "  (bytes)" if "base64" in self._row else "  (unread)"
        elif document is not None:
            yield from _dump(document)
        elif "version=" in self._kind():  # metrics: their values are those of every test so far
            yield from (f"  {line}" for line in METRIC.findall(self._row["text"]))
        else:
            yield from (
                f"  {json.dumps(self._text(line), ensure_ascii=False)}" for line in self._row["text"].split("\n") if line.strip()
            )

    def _value(self, value: Any, name: str = "") -> Any:
        """A JSON value, with placeholders wherever it is volatile."""
        if isinstance(value, dict):
            return {self._text(key): self._value(member, key) for key, member in value.items()}
        if isinstance(value, list):
            members = [self._value(member, name) for member in value]
            return (
                sorted(members) if set(map(str, members)) <= {"<uuid>", "<random>"} else members
            )  # ids alone: chance orders them
        if isinstance(value, int) and value in EPOCH_SECONDS:
            return "<seconds>"
        if not isinstance(value, str):
            return value
        is_secret = name == "registration_id" or (name in SECRET_MEMBERS and len(value) >= 16)
        return f"<{name}>" if is_secret else self._opened(value)

    def _opened(self, text: str) -> Any:
        """A text of JSON; a signed token as its header and claims, an encrypted one as its header."""
        if COMPACT.fullmatch(text) is None:
            return self._text(text)
        parts = text.split(".")
        shown = parts[:2] if len(parts) == 3 else parts[:1]
        return {f"<token of {len(parts)}>": [self._value(_decode_json(_decode_part(part))) for part in shown]}

    def _text(self, text: str) -> str:
        text = COMPACT.sub(lambda found: json.dumps(self._opened(found[0])), text)
        text = SECRET_PARAMETERS.sub(r"\1=<\1>", text)
        return plain(" ".join(text.split()) if text else "", self._listeners)


def _dump(document: Any) -> Iterator[str]:
    yield from (f"  {line}" for line in json.dumps(document, indent=1, ensure_ascii=False).splitlines())


def _take_apart(value: Any, path: str, members: set[Lines]) -> Any:
    """The value without the objects of its listings, which become members."""
    if isinstance(value, dict):
        return {name: _take_apart(member, f"{path} {name}", members) for name, member in value.items()}
    if not (isinstance(value, list) and any(isinstance(member, dict) for member in value)):
        return value
    for member in value:
        members.add((path, *_dump(_take_apart(member, path, members))))
    return ["<members>"]


def _decode_json(text: str) -> Any:
    """None if it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _decode_part(part: str) -> str:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode(errors="replace")
    except ValueError:
        return ""
