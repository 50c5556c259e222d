"""Refuse an idempotent operation without a key, or with one that has not the form of its standard. UK R/W 4.0 Profile, "Idempotency"."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange
from openapi.dialect import Row


@dataclass(frozen=True)
class IdempotencyKey:
    name = "idempotency_key"

    def applies(self, row: Row) -> bool:
        return row.idempotent

    async def on_request(self, exchange: Exchange) -> None:
        exchange.idempotency_key = exchange.dialect.headers.parse_idempotency_key(exchange.request)
