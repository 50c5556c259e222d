"""The claims of a client assertion. RFC 7523 section 3, FAPI2-SP-FINAL 5.3.2.1-8 and -15 (clock skew).

Pure: claims and the time in, what is left to check out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.jose.jwt import JwtInvalid, UnverifiedJwt, numeric_date

CLOCK_SKEW_SECONDS = 10  # by how much a client's clock may be ahead
LIFETIME_SECONDS_MAX = 300  # of a client assertion from its iat, even if its exp is later: used ones are remembered as long
JTI_CHARS_MAX = 128  # of the id of a client assertion (jti)
CLIENT_ID_CHARS_MAX = 128  # of a client_id as presented; a longer one is unknown


@dataclass(frozen=True, slots=True)
class AssertionProof:
    """The facts to remember so that the assertion is accepted once: `jti`, until `ends_at`; `issued_at` at the earliest.
    Seconds since the epoch."""

    jti: str
    issued_at: float
    ends_at: float


def parse_unverified_client_id(unverified: UnverifiedJwt) -> str:
    """The client that the assertion claims to come from: the only use of its claims before its signature. Raises JwtInvalid."""
    client_id = unverified.claims.get("sub")
    if not isinstance(client_id, str) or not 1 <= len(client_id) <= CLIENT_ID_CHARS_MAX or not client_id.isprintable():
        raise JwtInvalid("sub")
    return client_id


def check_claims(
    claims: Mapping[str, Any], *, issuer: str, client_id: str, wall: datetime, endpoints: frozenset[str] = frozenset()
) -> AssertionProof:
    """Raises JwtInvalid. `endpoints` may be named in place of the issuer or together with it; without any, only the issuer is accepted. An
    assertion without iat and nbf may be as old as its lifetime allows."""
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise JwtInvalid("iss and sub must both be the client")
    if claims.get("aud") != issuer and not _names_endpoint(claims.get("aud"), endpoints, issuer):
        raise JwtInvalid("aud is not this server")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= JTI_CHARS_MAX:
        raise JwtInvalid("jti")
    now = wall.timestamp()
    expires_at = numeric_date(claims, "exp")
    if expires_at is None:
        raise JwtInvalid("exp is missing")
    begins = [at for at in (numeric_date(claims, "iat"), numeric_date(claims, "nbf")) if at is not None]
    issued_at = next(iter(begins), expires_at - LIFETIME_SECONDS_MAX)
    if any(at > now + CLOCK_SKEW_SECONDS for at in (issued_at, *begins)):
        raise JwtInvalid("not valid yet, or exp is too far ahead of no iat")
    ends_at = min(expires_at, issued_at + LIFETIME_SECONDS_MAX)
    if ends_at + CLOCK_SKEW_SECONDS <= now:
        raise JwtInvalid("expired, or too old")
    return AssertionProof(jti, issued_at, ends_at)


def _names_endpoint(audience: object, endpoints: frozenset[str], issuer: str) -> bool:
    listed = audience if isinstance(audience, list) else [audience]
    return bool(endpoints) and any(name == issuer or name in endpoints for name in listed if isinstance(name, str))
