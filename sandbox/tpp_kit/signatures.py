"""Sign client assertions and request objects as a TPP, and verify what the server signed.

RFC 7523 section 3 with FAPI2-SP-FINAL-5.3.3 (`aud` is the issuer alone), RFC 9101, OpenID Connect Core sections 3.1.3.7 and 3.3.2.12 (ID
token validation), JARM section 2.4.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from sandbox.tpp_kit.knobs import AS_IT_SHOULD_BE, Knobs, turned

ASSERTION_SECONDS = 60
OBJECT_SECONDS = 300
RESPONSE_SECONDS_MAX = 600
SKEW_SECONDS = 10
ID_TOKEN_AGE_SECONDS_MAX = 300
ALGORITHMS = ("PS256", "ES256", "EdDSA", "Ed25519")


class ResponseInvalid(Exception):
    """The server's answer is not what a careful TPP accepts."""


class _Registry(JWSRegistry):
    """Any algorithm, because a test may sign with a wrong one. EdDSA is the older name of Ed25519 (RFC 9864)."""

    max_header_length = 2048

    def get_alg(self, name: str) -> Any:
        return self.algorithms["Ed25519" if name == "EdDSA" else name]


_REGISTRY = _Registry(strict_check_header=False)
PS256: Any = _REGISTRY.get_alg("PS256")


def sign_assertion(
    client_id: str, issuer: str, jwk: dict[str, Any], knobs: Knobs = AS_IT_SHOULD_BE, *, now: Callable[[], float] = time.time
) -> str:
    """One client assertion, for one use."""
    issued = int(now())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "jti": secrets.token_urlsafe(16),
        "iat": issued,
        "nbf": issued,
        "exp": issued + ASSERTION_SECONDS,
    }
    return _sign(turned(claims, knobs.assertion_claims), knobs.signing_jwk or jwk, "JWT", knobs.assertion_header)


def sign_request_object(
    request: Mapping[str, Any],
    issuer: str,
    jwk: dict[str, Any],
    knobs: Knobs = AS_IT_SHOULD_BE,
    *,
    now: Callable[[], float] = time.time,
) -> str:
    """The parameters of a request, signed for one server. RFC 9101 section 4; no `sub` (section 10.8)."""
    issued = int(now())
    claims = {
        **request,
        "iss": request["client_id"],
        "aud": issuer,
        "iat": issued,
        "nbf": issued,
        "exp": issued + OBJECT_SECONDS,
    }
    return _sign(turned(claims, knobs.object_claims), knobs.object_jwk or jwk, "oauth-authz-req+jwt", knobs.object_header)


def sign_compact(header: dict[str, Any], claims: Mapping[str, Any], jwk: Mapping[str, Any]) -> str:
    """A JWT with just this header and these claims."""
    return jws.serialize_compact(header, json.dumps(claims).encode(), import_key(jwk), registry=_REGISTRY)


def verify_id_token(
    token: str, jwks: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str | None, now: Callable[[], float] = time.time
) -> dict[str, Any]:
    """The claims of an ID token that is good. Raises ResponseInvalid naming what is not."""
    claims = _verify("id_token", token, jwks)
    _check_claims(claims, issuer, client_id, nonce, now())
    return claims


def check_hashes(claims: Mapping[str, Any], code: str, state: str) -> None:
    """Check the hashes by which an ID token from the browser vouches for the code and state that came with it. OpenID Connect Core section 3.3.2.11, FAPI 1.0
    Advanced section 5.2.2.1. Raises ResponseInvalid."""
    if claims.get("c_hash") != _half_hash(code) or claims.get("s_hash") != _half_hash(state):
        raise ResponseInvalid("id_token: c_hash or s_hash: not of what came with it")


def verify_response(
    token: str, jwks: Mapping[str, Any], *, issuer: str, client_id: str, now: Callable[[], float] = time.time
) -> dict[str, Any]:
    """The parameters of a signed authorization response that is good (JARM section 2.4). Raises ResponseInvalid naming what is not."""
    claims = _verify("response", token, jwks)
    faults = {
        "iss": claims.get("iss") != issuer,
        "aud": claims.get("aud") != client_id,
        "exp": not now() - SKEW_SECONDS < claims.get("exp", 0) <= now() + RESPONSE_SECONDS_MAX,
    }
    if wrong := [name for name, is_wrong in faults.items() if is_wrong]:
        raise ResponseInvalid(f"response: {', '.join(wrong)}")
    return claims


def verify_token(what: str, token: str, jwks: Mapping[str, Any], *, token_type: str) -> dict[str, Any]:
    """The claims of a token of this `typ` that a published key signed. Raises ResponseInvalid."""
    claims = _verify(what, token, jwks)
    if jws.extract_compact(token.encode()).headers().get("typ") != token_type:
        raise ResponseInvalid(f"{what}: a token of another type")
    return claims


def _sign(claims: Mapping[str, Any], jwk: Mapping[str, Any], typ: str, header: Mapping[str, Any]) -> str:
    head = turned({"alg": jwk["alg"], "kid": jwk["kid"], "typ": typ}, header)
    return sign_compact(head, claims, jwk)


def _verify(what: str, token: str, jwks: Mapping[str, Any]) -> dict[str, Any]:
    try:
        header = jws.extract_compact(token.encode()).headers()
        jwk = next(key for key in jwks["keys"] if key["kid"] == header.get("kid"))
        if header.get("alg") not in ALGORITHMS or jwk.get("alg", header["alg"]) != header["alg"]:
            raise ResponseInvalid(f"{what}: algorithm")
        verified = jws.deserialize_compact(token, import_key(jwk), registry=_REGISTRY)
        claims: dict[str, Any] = json.loads(verified.payload)
    except StopIteration:
        raise ResponseInvalid(f"{what}: signed with a key that the server does not publish") from None
    except (JoseError, ValueError) as error:
        raise ResponseInvalid(f"{what}: {type(error).__name__}") from None
    return claims


def _half_hash(text: str) -> str:
    """Of the hash that PS256 and ES256 sign."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).rstrip(b"=").decode()


def _check_claims(claims: Mapping[str, Any], issuer: str, client_id: str, nonce: str | None, now: float) -> None:
    faults = {
        "iss": claims.get("iss") != issuer,
        "aud": claims.get("aud") not in (client_id, [client_id]),
        "sub": not claims.get("sub"),
        "nonce": claims.get("nonce") != nonce,
        "exp": not claims.get("exp", 0) > now - SKEW_SECONDS,
        "iat": not now - ID_TOKEN_AGE_SECONDS_MAX <= claims.get("iat", 0) <= now + SKEW_SECONDS,
    }
    if wrong := [name for name, is_wrong in faults.items() if is_wrong]:
        raise ResponseInvalid(f"id_token: {', '.join(wrong)}")


def import_key(jwk: Mapping[str, Any]) -> RSAKey | ECKey | OKPKey:
    """The key of a JWK. Which algorithm it is for is compared where it matters; a knob may ask for another on purpose."""
    return _import_once(json.dumps({name: value for name, value in jwk.items() if name != "alg"}, sort_keys=True))


@lru_cache(maxsize=64)  # importing a private RSA key proves its primes, which takes longer than signing with it
def _import_once(jwk: str) -> RSAKey | ECKey | OKPKey:
    members = json.loads(jwk)
    kinds: dict[str, type[RSAKey] | type[ECKey] | type[OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
    return kinds[members["kty"]].import_key(members)
