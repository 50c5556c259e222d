"""Refuse a request without a S256 code challenge. RFC 7636 section 4.3, FAPI2-SP-FINAL 5.3.2.2-5, FAPI1-ADV 5.2.2-18 (where pushed).

A request that uses PKCE where it is not required must use all of it: half a challenge would be a downgrade.
"""

import re

from consent.authorization.authorize.request import AuthorizationRequest
from kernel.errors import FieldInvalid

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # base64url of SHA-256


async def check_pkce(asked: AuthorizationRequest) -> None:
    if asked.parameters.get("code_challenge_method") != "S256":
        raise FieldInvalid("not S256", path="code_challenge_method", public="The code_challenge_method must be S256.")
    if not _CHALLENGE.fullmatch(asked.parameters.get("code_challenge", "")):
        raise FieldInvalid("not a SHA-256", path="code_challenge", public="The code_challenge is missing or malformed.")


async def check_pkce_if_used(asked: AuthorizationRequest) -> None:
    if not asked.parameters.keys().isdisjoint({"code_challenge", "code_challenge_method"}):
        await check_pkce(asked)
