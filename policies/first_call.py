"""Register a TPP that calls by its certificate for the first time. Refuse it while too many do: one party may
obtain many certificates, and each registration is a write. An address may bring a few, all addresses together some more.
"""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Organisations
from kernel.errors import Overloaded, RateExceeded
from kernel.hot_state.checks import Allowed, Exceeded, WithinRate
from kernel.hot_state.subjects import newcomers_key
from kernel.http.admission.peer_share import share_of
from openapi.dialect import Row

RULE = "newcomers"
WINDOW_SECONDS = 3600  # over which TPPs seen for the first time are counted
PER_ADDRESS_MAX = 10  # TPPs first seen from one address or /64
IN_ALL_MAX = 300  # TPPs first seen in one brand


@dataclass(frozen=True)
class FirstCall:
    organisations: Organisations
    name = "first_call"

    def applies(self, row: Row) -> bool:
        return row.credential == "certificate"

    async def on_request(self, exchange: Exchange) -> None:
        if not await self.organisations.is_known(exchange.brand, present(exchange.caller).organisation_id):
            exchange.checks.extend(_limits(exchange))

    def on_decision(self, exchange: Exchange) -> None:
        for limit in _limits(exchange):
            if limit in exchange.checks:
                _check(exchange, limit)

    async def on_allowed(self, exchange: Exchange) -> None:
        if not await self.organisations.is_known(exchange.brand, present(exchange.caller).organisation_id):
            await self.organisations.register(exchange.brand, present(exchange.request.certificate))


def _limits(exchange: Exchange) -> tuple[WithinRate, WithinRate]:
    brand, address = exchange.brand.name, share_of(exchange.request.peer)
    of_address = WithinRate(newcomers_key(brand, address), PER_ADDRESS_MAX, WINDOW_SECONDS, RULE)
    return of_address, WithinRate(newcomers_key(brand, "all"), IN_ALL_MAX, WINDOW_SECONDS, RULE)


def _check(exchange: Exchange, limit: WithinRate) -> None:
    """Raises RateExceeded; Overloaded when the count is not available."""
    verdict = exchange.verdicts.get(limit)
    if isinstance(verdict, Exceeded):
        raise RateExceeded(f"{limit.key}: {limit.limit} new organisations", rule=RULE, retry_after=verdict.retry_after)
    if not isinstance(verdict, Allowed):
        raise Overloaded(f"no count of {limit.key}: {verdict}")
