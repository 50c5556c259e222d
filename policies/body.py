"""Refuse what the operation's codec cannot read: body, path, query and the headers that its row names become one canonical command, or nothing does.

The body is asked for here, once everything that the head shows has passed; an operation that takes none leaves it unread.
Each takes as much as its row says; what would fill memory is spooled (kernel/http/spool.py)."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange
from kernel.errors import HeaderInvalid, HeaderMissing
from kernel.http.message import Request
from kernel.http.spool import SPOOL_ABOVE_BYTES
from openapi.codec import WireRequest
from openapi.dialect import Row


@dataclass(frozen=True)
class Body:
    name = "body"

    def applies(self, row: Row) -> bool:
        return True

    async def on_request(self, exchange: Exchange) -> None:
        if exchange.row.request is not None:
            limit = exchange.dialect.body_bytes_max_of(exchange.row)
            take = exchange.request.received if limit <= SPOOL_ABOVE_BYTES else exchange.request.spooled
            exchange.request = await take(limit)
        request = exchange.request
        named = _named(exchange.row, request)
        exchange.command = exchange.row.decode(
            WireRequest(exchange.path, request.query, request.body, named, exchange.brand.zone, request.spool)
        )


def _named(row: Row, request: Request) -> Mapping[str, str]:
    """The headers that the row names, each of which may come once. Raises HeaderInvalid or HeaderMissing."""
    found: dict[str, str] = {}
    for header in row.headers:
        values = request.headers.getall(header.name, [])
        if len(values) > 1:
            raise HeaderInvalid(f"{len(values)} times", path=header.name)
        if values:
            found[header.name] = values[0].strip()
        elif header.required:
            raise HeaderMissing(path=header.name)
    return found
