"""A request and a response as plain values, so that everything above the listener can be read and tested without a socket.

The listener (kernel/http/server/listener.py) is the only place that knows aiohttp's server. Header names are case-insensitive;
repeated headers are kept (`headers.getall`), because a folded duplicate hides an attack.
"""

from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, Self

from multidict import CIMultiDict, CIMultiDictProxy

from kernel.certificates.certificate import Certificate
from kernel.errors import BodyTooLarge
from kernel.http.departure import Departure
from kernel.http.spool import Spool

Listener = Literal["public", "mtls"]
Query = tuple[tuple[str, str], ...]


class Incoming(Protocol):
    """A body that has not been read."""

    async def read(self, limit: int) -> bytes:
        """The whole of it, at most `limit` bytes. Raises BodyTooLarge, MediaTypeUnsupported (it is encoded), RequestMalformed (it broke
        off, or took too long) or Overloaded (there is no room for it)."""
        ...

    async def spool(self, limit: int) -> bytes | Spool:
        """As `read`; one of more than SPOOL_ABOVE_BYTES in a spool, which is closed when its request is answered."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: its head, and its body or (`incoming`) the way to it. A surface judges the head first, then asks for the
    body by `received` or `spooled`; `body` is empty until then, and stays so where nothing of it is wanted.

    `path` is percent-decoded once and never contains the query; `query` keeps order and duplicates. `host` is the Host header
    (or :authority), lower case, with port, used for nothing but finding the brand. `peer` is the address that it came from: the TCP
    peer, or whom a configured proxy names, or empty if that proxy names no one. `departure` happens when the caller's connection ends.
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
    incoming: Incoming | None = field(default=None, compare=False, repr=False)
    spool: Spool | None = field(
        default=None, compare=False, repr=False
    )  # of a body that is too large for memory; then `body` is empty

    async def received(self, limit: int) -> Self:
        """The same request with its body, at most `limit` bytes. Raises what `Incoming.read` raises."""
        if self.incoming is not None:
            return replace(self, body=await self.incoming.read(limit), incoming=None)
        if len(self.body) > limit:
            raise BodyTooLarge(f"{len(self.body)} bytes of body, {limit} allowed")
        return self

    async def spooled(self, limit: int) -> Self:
        """The same request with its body, or the spool of it. Raises what `Incoming.spool` raises."""
        if self.incoming is None:
            return self if self.spool is not None else await self.received(limit)
        body = await self.incoming.spool(limit)
        if isinstance(body, bytes):
            return replace(self, body=body, incoming=None)
        return replace(self, spool=body, incoming=None)

    def header(self, name: str) -> str | None:
        """The first value of a header, or None."""
        return self.headers.get(name)


@dataclass(slots=True)
class Response:
    """One HTTP response. `body` None means no body and no Content-Type at all."""

    status: int
    body: bytes | None = None
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)
