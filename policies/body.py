"""Refuse what the operation's codec cannot read: body, path and query become one canonical command, or nothing does.

The body is asked for here, once everything that the head shows has passed; an operation that takes none leaves it unread."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange
from openapi.dialect import Row, WireRequest


@dataclass(frozen=True)
class Body:
    name = "body"

    def applies(self, row: Row) -> bool:
        return True

    async def on_request(self, exchange: Exchange) -> None:
        if exchange.row.request is not None:
            exchange.request = await exchange.request.received(exchange.dialect.body_bytes_max)
        request = exchange.request
        exchange.command = exchange.row.decode(WireRequest(exchange.path, request.query, request.body))
