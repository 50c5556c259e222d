"""Refuse a client that has too many calls in flight on this worker, or whose organisation has: 429 for their own excess, 503 when only the
last places are left (gateway/pipeline/calls_in_flight.py). RFC 6585 section 4, RFC 9110 section 15.6.4."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from kernel.hot_state.subjects import rate_key
from openapi.dialect import Row


@dataclass(frozen=True)
class ClientCallsInFlight:
    name = "calls_in_flight"

    def applies(self, row: Row) -> bool:
        return row.credential == "token"

    async def on_request(self, exchange: Exchange) -> None:
        brand, caller = exchange.brand.name, present(exchange.caller)
        present(exchange.call).claim(rate_key(brand, caller.id), rate_key(brand, caller.organisation_id))
