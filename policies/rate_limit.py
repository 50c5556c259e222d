"""Refuse a caller that calls faster than its brand allows, saying which rule, what is left and when to come back: in units, because
a dear operation spends more of them (gateway/pipeline/operation_costs.py). Public data counts by address. RFC 6585 section 4."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.pipeline.operation_costs import cost_of
from gateway.pipeline.quota import check_quota
from kernel.hot_state.checks import WithinRate
from kernel.hot_state.subjects import rate_key
from kernel.http.admission.peer_share import share_of
from openapi.dialect import Row

UNITS_PER_WINDOW = 3000  # that one client may spend within the window
UNITS_PER_ADDRESS = 600  # that one address or /64 may spend on public data within the window
WINDOW_SECONDS = 60  # in which units are counted


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` units of one caller per `window_seconds`, and `limit_per_address` of one address that names no caller."""

    limit: int = UNITS_PER_WINDOW
    window_seconds: int = WINDOW_SECONDS
    limit_per_address: int = UNITS_PER_ADDRESS


@dataclass(frozen=True)
class RateLimit:
    rate: Rate
    name = "rate_limit"

    def applies(self, row: Row) -> bool:
        return True

    async def on_request(self, exchange: Exchange) -> None:
        exchange.rate = self._check(exchange)
        exchange.checks.append(exchange.rate)

    def on_decision(self, exchange: Exchange) -> None:
        check_quota(exchange, present(exchange.rate))

    def _check(self, exchange: Exchange) -> WithinRate:
        brand, cost = exchange.brand.name, cost_of(exchange.row.operation)
        if exchange.row.credential == "none":
            key = rate_key(brand, f"address:{share_of(exchange.request.peer)}")
            return WithinRate(key, self.rate.limit_per_address, self.rate.window_seconds, cost=cost)
        return WithinRate(rate_key(brand, present(exchange.caller).id), self.rate.limit, self.rate.window_seconds, cost=cost)
