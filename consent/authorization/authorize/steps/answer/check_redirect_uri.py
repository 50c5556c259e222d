"""Refuse a redirect_uri that is missing or not one of the client's, character by character. RFC 9700 section 2.1.

FAPI2-SP-FINAL 5.3.2.2-7 asks for it in every request; nothing is defaulted.
"""

from consent.authorization.authorize.request import AuthorizationRequest
from consent.errors import RedirectUriInvalid


async def check_redirect_uri(asked: AuthorizationRequest) -> None:
    if asked.parameters.get("redirect_uri") not in asked.client.redirect_uris:
        raise RedirectUriInvalid("missing or not registered")
