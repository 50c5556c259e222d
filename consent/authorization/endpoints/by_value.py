"""A request object that a browser brings by value becomes a stored request, as if it had been pushed: one way from there on.

RFC 9101 section 5.1, FAPI1-ADV 5.2.2. One object is one request: a browser that brings it again, by a reload or out of a browser's history, finds
what became of it, and fills no table.
"""

from contextlib import suppress

from sqlalchemy.exc import IntegrityError

from consent.authorization.authorize.pushed import REQUEST_URI_PREFIX, holds_pushed
from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.authorize.steps import run_steps
from consent.authorization.authorize.stored_request import StoreRequest
from kernel.errors import RateExceeded
from kernel.hot_state.checks import Exceeded, WithinRate
from kernel.ids import hash_secret

RATE_RULE = "authorization-requests"
RATE_WINDOW_SECONDS = 60  # over which a client's requests by value are counted


async def take_by_value(asked: AuthorizationRequest) -> str:
    """The request_uri of the request that the browser brought. Raises what a step refuses, or RateExceeded."""
    secret = _secret_of(asked)
    await run_steps(asked, "value")
    services, brand = asked.services, asked.brand
    async with services.database.read() as connection:
        known = await holds_pushed(connection, brand.name, secret)
    if not known:
        await _check_rate(asked)
        with suppress(IntegrityError):  # two visits at once: the other one stored it
            await services.commands.run(StoreRequest(asked, secret))
    return REQUEST_URI_PREFIX + secret


def _secret_of(asked: AuthorizationRequest) -> str:
    """The same for the same request, however its signature is written."""
    signed, _, _ = asked.parameters.get("request", "").rpartition(".")
    return hash_secret(f"{asked.client.id}\n{signed}")


async def _check_rate(asked: AuthorizationRequest) -> None:
    services, client = asked.services, asked.client
    limit = services.settings.client_requests_per_minute
    rule = WithinRate(f"{asked.brand.name}/{RATE_RULE}/{client.id}", limit, RATE_WINDOW_SECONDS, RATE_RULE)
    (verdict,) = await services.versions.decide([rule], spend=True)
    if isinstance(verdict, Exceeded):
        raise RateExceeded(f"{RATE_RULE} of client {client.id}", rule=RATE_RULE, retry_after=verdict.retry_after)
