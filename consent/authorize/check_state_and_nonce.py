"""Refuse a state or nonce longer than we return unchanged; hints are bounded too. RFC 6749 section 4.1.1, OIDC Core section 3.1.2.1."""

from consent.authorize.asking import Asking
from kernel.errors import FieldInvalid

CHARS_MAX = {"state": 2000, "nonce": 1000, "login_hint": 255, "ui_locales": 255}


async def check_state_and_nonce(asking: Asking) -> None:
    for name, most in CHARS_MAX.items():
        if len(asking.parameters.get(name, "")) > most:
            raise FieldInvalid("too long", path=name, public=f"The {name} is too long.")
