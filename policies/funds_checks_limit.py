"""Refuse more checks of funds a day under one consent than its brand allows: by many answers of yes and no a balance could be followed.
Directive (EU) 2015/2366 article 65(3): the answer is no statement of the balance."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.pipeline.quota import check_quota
from kernel.hot_state.checks import WithinCount
from kernel.hot_state.subjects import funds_checks_key
from kernel.operations import Operation
from openapi.dialect import Row

RULE = "funds-checks"
DAY_SECONDS = 86_400  # over which the checks of one consent are counted


@dataclass(frozen=True)
class FundsChecksLimit:
    name = "funds_checks_limit"

    def applies(self, row: Row) -> bool:
        return row.operation is Operation.CHECK_FUNDS

    async def on_request(self, exchange: Exchange) -> None:
        exchange.checks.append(_check(exchange))

    def on_decision(self, exchange: Exchange) -> None:
        check_quota(exchange, _check(exchange))


def _check(exchange: Exchange) -> WithinCount:
    key = funds_checks_key(exchange.brand.name, present(exchange.consent).id)
    return WithinCount(key, exchange.brand.funds_checks_per_day, DAY_SECONDS, RULE)
