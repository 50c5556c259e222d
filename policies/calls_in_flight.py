"""Refuse a caller that has too many calls in flight on this worker, or whose organisation has: 429 for their own excess, 503 when only the
last places are left (gateway/pipeline/calls_in_flight.py). Public data counts by address. RFC 6585 section 4, RFC 9110 section 15.6.4."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from kernel.hot_state.subjects import rate_key
from kernel.http.admission.peer_share import share_of
from openapi.dialect import Row


@dataclass(frozen=True)
class CallerCallsInFlight:
    name = "calls_in_flight"

    def applies(self, row: Row) -> bool:
        return True

    async def on_request(self, exchange: Exchange) -> None:
        brand, call = exchange.brand.name, present(exchange.call)
        if exchange.row.credential == "none":
            call.claim_for_address(rate_key(brand, share_of(exchange.request.peer)))
            return
        caller = present(exchange.caller)
        call.claim(rate_key(brand, caller.id), rate_key(brand, caller.organisation_id))
