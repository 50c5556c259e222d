"""Read a request to a customer who is elsewhere from the object that its client signed for it, once. CIBA section 7.1.1,
FAPI-CIBA-ID1 5.2.2.

What is wrong with the object is `invalid_request` here, and each object is one request: its jti is remembered while it could be sent again.
"""

import hashlib
import math

from consent.authorize.asking import Asking
from consent.client_authentication.assertion import CLOCK_SKEW_SECONDS, JTI_CHARS_MAX
from consent.clients.backchannel_metadata import SIGNING_ALGORITHMS
from consent.errors import AuthenticationRequestInvalid, RequestObjectInvalid, RequestObjectMissing
from consent.request_object import TEXT, RequestObject, parse_kid, verify_request_object
from kernel.access import Client
from kernel.errors import FieldUnexpected, Overloaded
from kernel.hot_state import FirstUse, Fresh, Replayed

REQUIRED = frozenset({"iss", "aud", "exp", "iat", "nbf", "jti", "scope"})
OUTSIDE = frozenset({"client_id"})  # what authenticates the client, and nothing else


async def check_authentication_request(asking: Asking) -> None:
    services, client, token = asking.services, asking.client, asking.parameters.get("request")
    if token is None:
        raise RequestObjectMissing(f"client {client.id} sent none")
    if beside := (TEXT - OUTSIDE) & asking.parameters.keys():
        raise FieldUnexpected(
            f"{sorted(beside)} beside the request", public="The parameters belong into the signed request alone."
        )
    keys = await services.client_keys.of(client, parse_kid(token))
    try:
        verified = verify_request_object(
            token,
            client=client,
            keys=keys,
            issuer=asking.brand.issuer,
            wall=services.clock.wall(),
            required=REQUIRED,
            algorithms=_algorithms(client),
        )
    except RequestObjectInvalid as problem:
        raise AuthenticationRequestInvalid(problem.detail) from None
    await _take(asking, verified)
    asking.parameters = verified.parameters


def _algorithms(client: Client) -> tuple[str, ...]:
    registered = client.backchannel_authentication_request_signing_alg
    return (registered,) if registered else SIGNING_ALGORITHMS


async def _take(asking: Asking, verified: RequestObject) -> None:
    """Raises AuthenticationRequestInvalid for a second use, Overloaded if there is no telling: the memory of used ones fails closed."""
    services, jti, issued_at = asking.services, verified.claims["jti"], verified.claims["iat"]
    if not isinstance(jti, str) or not 1 <= len(jti) <= JTI_CHARS_MAX:
        raise AuthenticationRequestInvalid("jti")
    remaining = verified.expires_at.timestamp() + CLOCK_SKEW_SECONDS - services.clock.wall().timestamp()
    key = f"{asking.brand.name}/authentication-request/{asking.client.id}/{hashlib.sha256(jti.encode()).hexdigest()}"
    use = FirstUse(key, max(1, math.ceil(remaining)), issued_at=issued_at)
    (verdict,) = await services.versions.decide([use], spend=True, load_version=services.snapshots.load_version)
    if isinstance(verdict, Replayed):
        raise AuthenticationRequestInvalid("used before, or older than the memory of used ones")
    if not isinstance(verdict, Fresh):
        raise Overloaded("the memory of used authentication requests cannot be asked")
