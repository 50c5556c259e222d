"""Refuse a state or nonce longer than we return unchanged; hints are bounded too. RFC 6749 section 4.1.1, OIDC Core section 3.1.2.1.

An id_token that comes through the browser needs a nonce: nothing else ties it to the client's request. OIDC Core section 3.3.2.11.
"""

from consent.authorize.asking import Asking
from kernel.errors import FieldInvalid, FieldMissing

CHARS_MAX = {"state": 2000, "nonce": 1000, "login_hint": 255, "ui_locales": 255, "dpop_jkt": 43}


async def check_state_and_nonce(asking: Asking) -> None:
    for name, most in CHARS_MAX.items():
        if len(asking.parameters.get(name, "")) > most:
            raise FieldInvalid("too long", path=name, public=f"The {name} is too long.")
    if "id_token" in asking.response_type.split() and "nonce" not in asking.parameters:
        raise FieldMissing(path="nonce", public="The nonce is missing.")
