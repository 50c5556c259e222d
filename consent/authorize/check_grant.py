"""Refuse an authorization request of a client that is not registered for codes. RFC 6749 section 4.1.2.1 (unauthorized_client)."""

from consent.authorize.asking import Asking
from consent.errors import ClientUnauthorised


async def check_grant(asking: Asking) -> None:
    if "authorization_code" not in asking.client.grant_types:
        raise ClientUnauthorised(f"client {asking.client.id} may not ask for codes")
