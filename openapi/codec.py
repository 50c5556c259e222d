"""The types that a codec reads and returns: the request for a dialect's `decode`, and the answer of its `encode`.

Decode turns a `WireRequest` into the canonical command of the row's use case; encode turns its canonical result into a wire type, or
into a `Rendered` where status or headers are the answer's own. Neither does I/O, neither knows the other dialects.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from kernel.banking.consents import Consent
from kernel.http.message import Query
from kernel.http.spool import Spool

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WireRequest:
    """The part of a request that a codec may read: path parameters, query in order, raw body (b"" if none) or the spool of a body that
    is too large for memory (its size and hash; a use case reads it), and the headers that the row names (`Row.headers`), under the
    row's spelling. So no codec ever sees a token."""

    path: Mapping[str, str]
    query: Query
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)
    zone: tzinfo = UTC  # of the bank, for dates without a time
    spool: Spool | None = None


@dataclass(frozen=True, slots=True)
class Rendering:
    """The context of an answer for its encoder. `url`: absolute, of this request without its query; `base_url`: absolute, of the
    service's base path (`<mtls_url><base_path>`, no trailing slash); `consent`: the one in force (None where the operation needs none);
    `page(cursor)`, or `page(number)`: the absolute URL of another page, which keeps the filters; `issuer`: its metadata names the
    endpoint where a PSU authorises."""

    url: str
    base_url: str
    query: Query
    consent: Consent | None
    zone: ZoneInfo
    now: datetime
    page: Callable[[str], str]
    members_on: frozenset[str] = frozenset()  # of the dialect's later members, those that the brand sends
    issuer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A success: status (None: the row's own), headers, and a body: a wire type, which is sent as JSON; bytes, which are sent as they
    are; or nothing. `media_type` None: the dialect's own."""

    body: Any = None
    status: int | None = None
    headers: Headers = ()
    media_type: str | None = None


def rendered(encoded: Any) -> Rendered:
    """An encoder's answer as a Rendered: a bare wire type becomes the body, with the row's status and no headers."""
    return encoded if isinstance(encoded, Rendered) else Rendered(body=encoded)
