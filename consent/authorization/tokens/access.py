"""Issue access tokens: RFC 9068 JWTs bound to the key that the request proved, with no account data in them."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from consent.authorization.clients.client import Client
from consent.authorization.clients.encryption import encrypt_for
from consent.authorization.keys.ring import KeyPurpose
from consent.services import Services
from kernel.access import Confirmation
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.jose.jwt import sign_jwt

ACCESS_TOKEN_TYPE = "at+jwt"
ACCESS_TOKEN_ALGORITHM = "ES256"


@dataclass(frozen=True, slots=True)
class CoveredValues:
    """The code and the state that travel with an id_token through the browser. The id_token vouches for them by their hashes."""

    code: str
    state: str | None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """`token` is the secret itself; `jti` may be written down."""

    token: str
    jti: str
    token_type: Literal["Bearer", "DPoP"]
    expires_in: int  # seconds


def issue_access_token(
    services: Services,
    brand: Brand,
    client: Client,
    *,
    subject: str,
    scope: tuple[str, ...],
    confirmation: Confirmation,
    family_id: str | None = None,
    consent_id: str | None = None,
    audience: tuple[str, ...] = (),
    actor: str | None = None,
    seconds_max: int | None = None,
) -> IssuedToken:
    """A token without family is the client's own (client_credentials). Its audience is the brand's whole API unless another is given;
    `actor` is who uses it for its subject (RFC 8693 section 4.1)."""
    issued_at = int(services.clock.wall().timestamp())
    lifetime = min(services.settings.access_token_seconds, seconds_max or services.settings.access_token_seconds)
    jti = services.ids.uuid()
    claims: dict[str, Any] = {
        "iss": brand.issuer,
        "aud": list(audience) if len(audience) > 1 else next(iter(audience), brand.resource_audience),
        "sub": subject,
        "client_id": client.id,
        "jti": jti,
        "iat": issued_at,
        "exp": issued_at + lifetime,
        "scope": " ".join(scope),
        "cnf": {confirmation.method: confirmation.value},
    }
    if family_id is not None:
        claims |= {"family_id": family_id, "consent_id": consent_id}
    if actor is not None:
        claims["act"] = {"sub": actor}
    key = services.keys.signing_key(brand.name, KeyPurpose.ACCESS_TOKEN, ACCESS_TOKEN_ALGORITHM)
    token_type: Literal["Bearer", "DPoP"] = "DPoP" if confirmation.method == "jkt" else "Bearer"
    return IssuedToken(sign_jwt(claims, key, typ=ACCESS_TOKEN_TYPE), jti, token_type, lifetime)


def issue_id_token(
    services: Services,
    brand: Brand,
    client: Client,
    *,
    subject: str,
    nonce: str | None,
    auth_time: datetime,
    acr: str | None,
    claims: dict[str, Any],
    covered: CoveredValues | None = None,
) -> str:
    """OIDC Core section 2, signed as the client registered, and encrypted if it registered how. `claims` are those of the consent's
    dialect."""
    issued_at = int(services.clock.wall().timestamp())
    content = {
        **claims,
        "iss": brand.issuer,
        "sub": subject,
        "aud": client.id,
        "iat": issued_at,
        "exp": issued_at + services.settings.id_token_seconds,
        "auth_time": int(auth_time.timestamp()),
    }
    if nonce is not None:
        content["nonce"] = nonce
    if acr is not None:
        content["acr"] = acr
    if covered is not None:
        content |= _hashes(covered)
    key = services.keys.signing_key(brand.name, KeyPurpose.ID_TOKEN, client.id_token_signed_response_alg)
    signed = sign_jwt(content, key, typ="JWT")
    return encrypt_for(client, signed, client.id_token_encrypted_response_alg, client.id_token_encrypted_response_enc)


def consent_claims(services: Services, consent: Consent) -> dict[str, Any]:
    """The claims about a consent in an id_token, by the dialect in which it was lodged."""
    dialect = services.dialects.get(consent.lodged_as)
    return {} if dialect is None else dialect.authorization.id_token_claims(consent)


def _hashes(covered: CoveredValues) -> dict[str, str]:
    """OIDC Core section 3.3.2.11 (c_hash), FAPI1-ADV 5.2.2.1-5 (s_hash)."""
    hashed = {"c_hash": _half_hash(covered.code)}
    return hashed if covered.state is None else hashed | {"s_hash": _half_hash(covered.state)}


def _half_hash(text: str) -> str:
    """The left half of SHA-256, the hash of both algorithms that sign id_tokens (PS256 and ES256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).rstrip(b"=").decode()
