"""Let a client authenticate in its current version only, not too often, and with each assertion once: one question to the hot state.
RFC 7523 section 3 (jti).

The memory of used assertions fails closed: if it cannot be asked, or is younger than the assertion, a replay cannot be ruled out.
"""

from consent.authorization.client_authentication.assertion import CLOCK_SKEW_SECONDS, AssertionProof
from consent.authorization.clients.client import Client
from consent.errors import ClientUnauthenticated
from consent.services import Services
from kernel.brand import Brand
from kernel.errors import RateExceeded
from kernel.hot_state.checks import Check, Current, Exceeded, Verdict, VersionIs, WithinRate
from kernel.hot_state.first_uses import check_first_use, client_share, first_use_of_jti
from kernel.hot_state.subjects import client_subject

RATE_RULE = "client-authentication"
RATE_WINDOW_SECONDS = 60  # over which first uses are counted


async def take_authentication(services: Services, brand: Brand, client: Client, proof: AssertionProof | None) -> bool:
    """True: this is the client's current version, and the assertion's first use if there is one. False: the client has another version
    by now and nothing was consumed. Raises ClientUnauthenticated for a replay, Overloaded if the memory does not answer, RateExceeded for one
    too many, also of those that are remembered, which stays unused."""
    checks: list[Check] = [VersionIs(client_subject(brand.name, client.id), client.version), _rate(services, brand, client)]
    if proof is not None:
        remaining = proof.ends_at + CLOCK_SKEW_SECONDS - services.clock.wall().timestamp()
        share = client_share(brand.name, client.id, services.settings.first_uses_per_client)
        place = f"{brand.name}/jti/{client.id}"
        checks.append(first_use_of_jti(place, proof.jti, seconds=remaining, issued_at=proof.issued_at, share=share))
    version, rate, *uses = await services.versions.decide(checks, spend=True)
    if not isinstance(version, Current):
        return False
    for use in uses:
        check_first_use(use, ClientUnauthenticated)
    _check_rate(client, rate)
    return True


async def count_request(services: Services, brand: Brand, client: Client) -> None:
    """Count a request that a client makes by token among those for which it authenticates. Raises RateExceeded."""
    (rate,) = await services.versions.decide([_rate(services, brand, client)], spend=True)
    _check_rate(client, rate)


def _check_rate(client: Client, rate: Verdict) -> None:
    if isinstance(rate, Exceeded):
        raise RateExceeded(f"{RATE_RULE} of client {client.id}", rule=RATE_RULE, retry_after=rate.retry_after)


async def is_current(services: Services, brand: Brand, client: Client) -> bool:
    """Is this the client's current version? Nothing is consumed."""
    known = VersionIs(client_subject(brand.name, client.id), client.version)
    (verdict,) = await services.versions.decide([known], spend=False)
    return isinstance(verdict, Current)


def _rate(services: Services, brand: Brand, client: Client) -> WithinRate:
    limit = services.settings.client_requests_per_minute
    return WithinRate(f"{brand.name}/{RATE_RULE}/{client.id}", limit, RATE_WINDOW_SECONDS, RATE_RULE)
