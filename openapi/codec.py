"""The values that pass through a codec: the request as a dialect's `decode` sees it, and the result of its `encode`.

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
    """The part of a request that a codec sees: path parameters, query in order, raw body (b"" if none), or the spool of one that is too large
    for memory (its size and hash; a use case reads it), and of the headers those that the
    row names (`Row.headers`), under the row's spelling. So no codec ever sees a token."""

    path: Mapping[str, str]
    query: Query
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)
    zone: tzinfo = UTC  # of the bank, for dates without a time
    spool: Spool | None = None


@dataclass(frozen=True, slots=True)
class Rendering:
    """The context of an encoder besides the result: absolute URL of this request without its query, the absolute URL of the service's
    base path (`<mtls_url><base_path>`, no trailing slash), the consent in force (None where the operation needs none), how
    to make the link of another page (`page(cursor)`, or `page(number)`, -> absolute URL that keeps the filters), and the issuer, whose metadata says where a
    PSU authorises."""

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
    """The encoder's result as Rendered: a wire type alone is a body, and the rest has its default."""
    return encoded if isinstance(encoded, Rendered) else Rendered(body=encoded)
