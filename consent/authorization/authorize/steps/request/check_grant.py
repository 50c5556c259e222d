"""Refuse an authorization request of a client that is not registered for codes, or a backchannel request of a client not registered for CIBA.

RFC 6749 section 4.1.2.1 and CIBA section 13 (unauthorized_client).
"""

from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.clients.metadata import CIBA
from consent.errors import ClientUnauthorised


async def check_grant(asked: AuthorizationRequest) -> None:
    if "authorization_code" not in asked.client.grant_types:
        raise ClientUnauthorised(f"client {asked.client.id} may not ask for codes")


async def check_backchannel_grant(asked: AuthorizationRequest) -> None:
    if CIBA not in asked.client.grant_types:
        raise ClientUnauthorised(f"client {asked.client.id} may not ask at the backchannel")
