"""Refuse a client that has too many calls in flight on this worker: 429 for its own excess, 503 when only the last places are left
(gateway/calls_in_flight.py). RFC 6585 section 4, RFC 9110 section 15.6.4."""

from dataclasses import dataclass

from gateway.exchange import Exchange, present
from kernel.subjects import rate_key
from openapi.dialect import Row


@dataclass(frozen=True)
class ClientCallsInFlight:
    name = "calls_in_flight"

    def applies(self, row: Row) -> bool:
        return row.credential == "token"

    async def on_request(self, exchange: Exchange) -> None:
        present(exchange.call).claim(rate_key(exchange.brand.name, present(exchange.client).id))
