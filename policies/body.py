"""Refuse what the operation's codec cannot read: body, path and query become one canonical command, or nothing does."""

from dataclasses import dataclass

from gateway.exchange import Exchange
from kernel.errors import BodyTooLarge
from openapi.dialect import Row, WireRequest


@dataclass(frozen=True)
class Body:
    name = "body"

    def applies(self, row: Row) -> bool:
        return True

    async def on_request(self, exchange: Exchange) -> None:
        request = exchange.request
        if len(request.body) > exchange.dialect.body_bytes_max:
            raise BodyTooLarge(f"{len(request.body)} bytes")
        exchange.command = exchange.row.decode(WireRequest(exchange.path, request.query, request.body))
