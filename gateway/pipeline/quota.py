"""Headers that name the limit which applies, what is left of it and when it is whole again: RateLimit-Policy and RateLimit
(draft-ietf-httpapi-ratelimit-headers); refuse when nothing is left."""

from gateway.pipeline.exchange import Exchange
from kernel.errors import Overloaded, RateExceeded
from kernel.hot_state.checks import Allowed, Exceeded, WithinCount, WithinRate


def check_quota(exchange: Exchange, check: WithinRate | WithinCount) -> None:
    """Raises RateExceeded. Fails closed with Overloaded if the counter cannot be reached."""
    verdict = exchange.verdicts.get(check)
    exchange.headers.add("RateLimit-Policy", f'"{check.rule}";q={check.limit};w={check.window_seconds}')
    if isinstance(verdict, Allowed):
        exchange.headers.add("RateLimit", f'"{check.rule}";r={verdict.remaining};t={verdict.reset_seconds}')
    elif isinstance(verdict, Exceeded):
        exchange.headers.add("RateLimit", f'"{check.rule}";r=0;t={verdict.retry_after}')
        raise RateExceeded(f"{check.rule} of {check.limit}", rule=check.rule, retry_after=verdict.retry_after)
    else:
        raise Overloaded(f"{check.rule} was not counted: {verdict}")
