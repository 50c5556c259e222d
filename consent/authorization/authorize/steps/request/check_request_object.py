"""Read the request from the object that its client signed, and from nothing else; or refuse one that should not be there.

FAPI2-MS-FINAL 5.3.1, FAPI1-ADV 5.2.2-1 and -10 (values outside are not used), RFC 9101 section 6.3 (parameters have one place).
"""

from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.authorize.request_object import parse_kid, verify_request_object
from consent.authorization.offer.profiles import PROFILES
from consent.errors import RequestObjectMissing, RequestObjectUnsupported


async def check_request_object(asked: AuthorizationRequest) -> None:
    services, client, token = asked.services, asked.client, asked.parameters.get("request")
    if PROFILES[client.security_profile].request_object == "refused":
        if token is not None:
            raise RequestObjectUnsupported(f"client {client.id} sent a request object")
        return
    if token is None:
        raise RequestObjectMissing(f"client {client.id} sent none")
    keys = await services.client_keys.of(client, parse_kid(token))
    verified = verify_request_object(token, client=client, keys=keys, issuer=asked.brand.issuer, wall=services.clock.wall())
    asked.parameters, asked.valid_until = verified.parameters, verified.expires_at
