"""Verify access tokens from keys in memory, without asking anyone. RFC 9068 section 4.

Only `typ` at+jwt, only the keys that sign access tokens, only this brand's issuer and audience: no other JWT of ours passes. A token
for a part of the brand's API passes; whether it is presented there is a question for a policy.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from consent.authorization.keys.ring import KeyPurpose, KeyRing
from consent.authorization.tokens.access import ACCESS_TOKEN_ALGORITHM, ACCESS_TOKEN_TYPE
from kernel.access import AccessToken, Confirmation, Grant
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.errors import TokenExpired, TokenInvalid
from kernel.jose.jwt import Jwt, JwtInvalid, numeric_date, verify_jwt


class TokenVerifier:
    """The gateway's port for tokens: verifies signature, lifetime and audience. Its policies check binding and revocation."""

    def __init__(self, keys: KeyRing, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def verify(self, brand: Brand, presented: str) -> AccessToken:
        """Verify a token whose audience is the brand's own API alone. Raises TokenInvalid or TokenExpired."""
        token = self.verify_issued(brand, presented)
        if not all(name == brand.resource_audience or name.startswith(f"{brand.mtls_url}/") for name in token.audience):
            raise TokenInvalid("access token: another audience")
        return token

    def verify_issued(self, brand: Brand, presented: str) -> AccessToken:
        """A token of this issuer, whomever it is meant for: those of the bank's own services too (token exchange). Raises TokenInvalid
        or TokenExpired."""
        keys = self._keys.verification_keys(brand.name, KeyPurpose.ACCESS_TOKEN)
        try:
            verified = verify_jwt(presented, keys, algorithms={ACCESS_TOKEN_ALGORITHM}, types={ACCESS_TOKEN_TYPE})
            token = _read(verified, brand)
        except JwtInvalid as error:
            raise TokenInvalid(f"access token: {error}") from None
        if token.expires_at <= self._clock.wall():
            raise TokenExpired(f"at {token.expires_at}")
        return token

    def key_set_version(self, brand: Brand) -> int:
        return self._keys.version(brand.name)

    async def load_keys(self, brand: Brand) -> None:
        """Take the current key set from the database: the version in memory is no longer the current one."""
        await self._keys.load(brand.name)


def _read(verified: Jwt, brand: Brand) -> AccessToken:
    claims = verified.claims
    if claims.get("iss") != brand.issuer:
        raise JwtInvalid("another issuer")
    expires_at = numeric_date(claims, "exp")
    if expires_at is None:
        raise JwtInvalid("exp is missing")
    family_id = _text(claims, "family_id") if "family_id" in claims else None
    return AccessToken(
        jti=_text(claims, "jti"),
        client_id=_text(claims, "client_id"),
        subject=_text(claims, "sub"),
        scope=frozenset(_text(claims, "scope").split()),
        grant=Grant.CLIENT_CREDENTIALS if family_id is None else Grant.AUTHORIZATION_CODE,
        expires_at=datetime.fromtimestamp(expires_at, UTC),
        confirmation=_confirmation(claims),
        family_id=family_id,
        consent_id=None if family_id is None else _text(claims, "consent_id"),
        audience=_audience(claims),
    )


def _audience(claims: Mapping[str, Any]) -> tuple[str, ...]:
    match claims.get("aud"):
        case str(name):
            return (name,)
        case [str(), *_] as names if all(isinstance(name, str) for name in names):
            return tuple(names)
        case _:
            raise JwtInvalid("aud is missing or empty")


def _confirmation(claims: Mapping[str, Any]) -> Confirmation:
    """The one key that the token is bound to; a token bound to two would be two tokens."""
    match claims.get("cnf"):
        case {"x5t#S256": str(value), **others} if not others:
            return Confirmation("x5t#S256", value)
        case {"jkt": str(value), **others} if not others:
            return Confirmation("jkt", value)
        case _:
            raise JwtInvalid("cnf is missing, or names no one key")


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        raise JwtInvalid(f"{name} is missing")
    return value
