"""Refuse a client that calls faster than its brand allows, saying which rule, what is left and when to come back: in units, because
a dear operation spends more of them (gateway/pipeline/operation_costs.py). RFC 6585 section 4."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.pipeline.operation_costs import cost_of
from gateway.pipeline.quota import check_quota
from kernel.hot_state.checks import WithinRate
from kernel.hot_state.subjects import rate_key
from openapi.dialect import Row

UNITS_PER_WINDOW = 3000
WINDOW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` units of one client per `window_seconds`."""

    limit: int = UNITS_PER_WINDOW
    window_seconds: int = WINDOW_SECONDS


@dataclass(frozen=True)
class RateLimit:
    rate: Rate
    name = "rate_limit"

    def applies(self, row: Row) -> bool:
        return row.credential == "token"

    async def on_request(self, exchange: Exchange) -> None:
        exchange.checks.append(self._check(exchange))

    def on_decision(self, exchange: Exchange) -> None:
        check_quota(exchange, self._check(exchange))

    def _check(self, exchange: Exchange) -> WithinRate:
        key = rate_key(exchange.brand.name, present(exchange.caller).id)
        return WithinRate(key, self.rate.limit, self.rate.window_seconds, cost=cost_of(exchange.row.operation))
