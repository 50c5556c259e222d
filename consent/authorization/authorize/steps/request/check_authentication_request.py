"""Read a backchannel request from the object that its client signed for it, once. CIBA section 7.1.1,
FAPI-CIBA-ID1 5.2.2.

What is wrong with the object is `invalid_request` here, and each object is one request: its jti is remembered while it could be sent again,
once everything else about the request has been found good.
"""

from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.authorize.request_object import TEXT, RequestObject, parse_kid, verify_request_object
from consent.authorization.client_authentication.assertion import CLOCK_SKEW_SECONDS, JTI_CHARS_MAX
from consent.authorization.clients.backchannel_metadata import SIGNING_ALGORITHMS
from consent.authorization.clients.client import Client
from consent.errors import AuthenticationRequestInvalid, RequestObjectInvalid, RequestObjectMissing
from kernel.errors import FieldUnexpected
from kernel.hot_state.checks import FirstUse
from kernel.hot_state.first_uses import check_first_use, client_share, first_use_of_jti

REQUIRED = frozenset({"iss", "aud", "exp", "iat", "nbf", "jti", "scope"})
OUTSIDE = frozenset({"client_id"})  # what authenticates the client, and nothing else


async def check_authentication_request(asked: AuthorizationRequest) -> None:
    services, client, token = asked.services, asked.client, asked.parameters.get("request")
    if token is None:
        raise RequestObjectMissing(f"client {client.id} sent none")
    if outside := (TEXT - OUTSIDE) & asked.parameters.keys():
        raise FieldUnexpected(
            f"{sorted(outside)} outside the signed request", public="The parameters belong into the signed request alone."
        )
    keys = await services.client_keys.of(client, parse_kid(token))
    try:
        verified = verify_request_object(
            token,
            client=client,
            keys=keys,
            issuer=asked.brand.issuer,
            wall=services.clock.wall(),
            required=REQUIRED,
            algorithms=_algorithms(client),
        )
    except RequestObjectInvalid as problem:
        raise AuthenticationRequestInvalid(problem.detail) from None
    asked.first_use = _first_use(asked, verified)
    await _check_first_use(asked, asked.first_use, spend=False)  # a replay is worth no further work
    asked.parameters = verified.parameters


def _algorithms(client: Client) -> tuple[str, ...]:
    registered = client.backchannel_authentication_request_signing_alg
    return (registered,) if registered else SIGNING_ALGORITHMS


async def take_authentication_request(asked: AuthorizationRequest) -> None:
    """Remember the object of a request that has passed every other check. Raises AuthenticationRequestInvalid for a second use,
    RateExceeded while the client's share of the memory is full, Overloaded if the memory does not answer."""
    if asked.first_use is None:
        raise RuntimeError("an authentication request without an object")
    await _check_first_use(asked, asked.first_use, spend=True)


async def _check_first_use(asked: AuthorizationRequest, use: FirstUse, *, spend: bool) -> None:
    (verdict,) = await asked.services.versions.decide([use], spend=spend)
    check_first_use(verdict, AuthenticationRequestInvalid)


def _first_use(asked: AuthorizationRequest, verified: RequestObject) -> FirstUse:
    """Raises AuthenticationRequestInvalid."""
    services, jti, issued_at = asked.services, verified.claims["jti"], verified.claims["iat"]
    if not isinstance(jti, str) or not 1 <= len(jti) <= JTI_CHARS_MAX:
        raise AuthenticationRequestInvalid("jti")
    remaining = verified.expires_at.timestamp() + CLOCK_SKEW_SECONDS - services.clock.wall().timestamp()
    place = f"{asked.brand.name}/authentication-request/{asked.client.id}"
    share = client_share(asked.brand.name, asked.client.id, services.settings.first_uses_per_client)
    return first_use_of_jti(place, jti, seconds=remaining, issued_at=issued_at, share=share)
