"""Refuse a request that does not name its customer by exactly one hint. CIBA section 7.1. The PSU is looked up last
(consent/authorization/backchannel/customers.py)."""

from consent.authorization.authorize.request import AuthorizationRequest
from consent.errors import HintInvalid

HINTS = frozenset({"login_hint", "login_hint_token", "id_token_hint"})
LOGIN_HINT_CHARS_MAX = 256  # of the request parameter login_hint


async def check_hint(asked: AuthorizationRequest) -> None:
    given = HINTS & asked.parameters.keys()
    if len(given) != 1:
        raise HintInvalid(f"{len(given)} hints")
    if "login_hint_token" in given:
        raise HintInvalid("a login_hint_token, which is not supported")
    if len(asked.parameters.get("login_hint", "")) > LOGIN_HINT_CHARS_MAX:
        raise HintInvalid("too long")
