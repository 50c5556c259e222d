"""The one reading of a request's target, host and headers, which everything above the listener shares.

RFC 9112 section 3.2 (request targets and Host), RFC 3986 section 2.4 (decode once).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from urllib.parse import unquote_to_bytes, urlsplit

from multidict import CIMultiDictProxy

from kernel.errors import HeaderInvalid, RequestMalformed
from kernel.http.forms import parse_pairs
from kernel.http.message import Query

TARGET_CHARACTERS_MAX = 16_384  # of a request's path and query
HEAD_BYTES_MAX = 65_536  # of a whole head: request line and all headers
FIELD_BYTES_MAX = 16_384  # of one header, its name and its value; also of a request target
FIELDS_MAX = 100  # header fields of one request
HOST_CHARACTERS_MAX = 255  # of a host name with its port

_TARGET = re.compile(r"[!-~]+")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_AMBIGUOUS = re.compile(r"%(?:2f|5c)|\\|#", re.IGNORECASE)  # two readers could split the path differently
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Target:
    """A request target in origin form. `authority` is set when the caller sent the absolute form, and then wins over Host."""

    path: str
    query: Query
    authority: str | None = None


def parse_target(raw: str) -> Target:
    """Raises RequestMalformed. The path is decoded once and has no empty meaning left: no dots, no encoded slash, no controls."""
    if len(raw) > TARGET_CHARACTERS_MAX or not _TARGET.fullmatch(raw):
        raise RequestMalformed("request target too long or with characters that must be escaped")
    authority = None
    if not raw.startswith("/"):
        authority, raw = _split_absolute(raw)
    path, _, query = raw.partition("?")
    return Target(_parse_path(path), tuple(parse_pairs(query)) if query else (), authority)


def parse_host(headers: CIMultiDictProxy[str], authority: str | None) -> str:
    """The host the caller means, lower case, with its port; empty if it named none. Raises RequestMalformed."""
    host = authority if authority is not None else headers.get("Host", "")
    if len(host) > HOST_CHARACTERS_MAX or not host.isascii() or "@" in host:
        raise RequestMalformed("host too long or not a host")
    return host.lower()


def check_headers(raw: Iterable[tuple[bytes, bytes]]) -> None:
    """Raises HeaderInvalid for a head that is too large, or whose bytes are no text: nothing above could log or store them."""
    joined = b"".join(chain.from_iterable(raw))
    if len(joined) > HEAD_BYTES_MAX:
        raise HeaderInvalid(f"{len(joined)} bytes of headers", public="The request headers are too large.")
    if joined.isascii():
        return
    try:
        joined.decode()
    except UnicodeDecodeError:
        raise HeaderInvalid("a header is not UTF-8") from None


def _split_absolute(raw: str) -> tuple[str, str]:
    """RFC 9112 section 3.2.2. Asterisk and authority forms are for proxies and servers as a whole; we serve neither."""
    try:
        parts = urlsplit(raw)
    except ValueError:
        raise RequestMalformed("request target is no URL") from None
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.fragment:
        raise RequestMalformed("request target in a form we do not serve")
    return parts.netloc, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _parse_path(raw: str) -> str:
    if _AMBIGUOUS.search(raw) or _BROKEN_ESCAPE.search(raw):
        raise RequestMalformed("ambiguous or broken escape in the path")
    if "%" in raw:
        try:
            raw = unquote_to_bytes(raw).decode()
        except UnicodeDecodeError:
            raise RequestMalformed("the path is not UTF-8") from None
        if _CONTROL.search(raw):
            raise RequestMalformed("control character in the path")
    if "/." in raw and any(segment in {".", ".."} for segment in raw.split("/")):
        raise RequestMalformed("dot segment in the path")
    return raw
