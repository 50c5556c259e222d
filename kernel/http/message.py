"""A request and a response as plain values, so that everything above the listener can be read and tested without a socket.

The listener (kernel/http/listener.py) is the only place that knows aiohttp's server. Header names are case-insensitive;
repeated headers are kept (`headers.getall`), because a folded duplicate hides an attack.
"""

from dataclasses import dataclass, field
from typing import Literal

from multidict import CIMultiDict, CIMultiDictProxy

from kernel.certificates import Certificate
from kernel.http.departure import Departure

Listener = Literal["public", "mtls"]
Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, body read whole within the limit.

    `path` is percent-decoded once and never contains the query; `query` keeps order and duplicates. `host` is the Host header
    (or :authority), lower case, with port, used for nothing but finding the brand. `peer` is the address that it came from: the TCP
    peer, or whom a configured proxy names, or empty if that proxy names nobody. `departure` happens when the caller's connection ends.
    """

    method: str
    path: str
    query: Query
    headers: CIMultiDictProxy[str]
    body: bytes
    host: str
    peer: str
    listener: Listener
    certificate: Certificate | None = None
    departure: Departure = field(default_factory=Departure)

    def header(self, name: str) -> str | None:
        """The first value of a header, or None."""
        return self.headers.get(name)


@dataclass(slots=True)
class Response:
    """One HTTP response. `body` None means no body and no Content-Type at all."""

    status: int
    body: bytes | None = None
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)
