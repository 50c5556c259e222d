"""Refuse a state or nonce longer than we return unchanged; hints are bounded too. RFC 6749 section 4.1.1, OIDC Core section 3.1.2.1.

FAPI 1.0 ties each request to the browser that began it by what only its client knows: a nonce, or a state where there is no id_token
(FAPI1-BASE 5.2.2.2 and 5.2.2.3, OIDC Core section 3.3.2.11). FAPI 2.0 has PKCE for that.
"""

from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.offer.profiles import PROFILES
from kernel.errors import FieldInvalid, FieldMissing

CHARS_MAX = {"state": 2000, "nonce": 1000, "login_hint": 255, "ui_locales": 255}


async def check_state_and_nonce(asked: AuthorizationRequest) -> None:
    for name, most in CHARS_MAX.items():
        if len(asked.parameters.get(name, "")) > most:
            raise FieldInvalid("too long", path=name, public=f"The {name} is too long.")
    if PROFILES[asked.client.security_profile].must_be_tied:
        needed = "nonce" if "openid" in asked.scope else "state"
        if needed not in asked.parameters:
            raise FieldMissing(path=needed, public=f"The {needed} is missing.")
