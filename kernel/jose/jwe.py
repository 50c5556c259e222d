"""Encrypt a signed JWT to one reader, with explicit algorithms. RFC 7516, RFC 7519 section 11.2 (sign first, then encrypt), RFC 8725.

Two ways to agree on a key exist, RSA-OAEP-256 and ECDH-ES on P-256, and three ciphers that also authenticate. RSA1_5 is none of them
(FAPI1-ADV 8.6.1), compression neither. Nothing is decrypted here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey, RSAKey

from kernel.jose.jwt import KID_CHARS_MAX, JwtInvalid, check_curve, check_rsa_size, material_of

KeyAgreement = Literal["RSA-OAEP-256", "ECDH-ES"]
Encryption = Literal["A256GCM", "A128GCM", "A128CBC-HS256"]

ALGORITHMS: tuple[KeyAgreement, ...] = ("RSA-OAEP-256", "ECDH-ES")
ENCRYPTIONS: tuple[Encryption, ...] = ("A256GCM", "A128GCM", "A128CBC-HS256")

_REGISTRY = JWERegistry(algorithms=(*ALGORITHMS, *ENCRYPTIONS))


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """A reader's public key and the only algorithm it is used with."""

    kid: str
    alg: KeyAgreement
    key: RSAKey | ECKey


def import_encryption_key(jwk: Mapping[str, Any], *, alg: KeyAgreement) -> EncryptionKey:
    """The key in `jwk`, for use with `alg` only. Raises JwtInvalid."""
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not 1 <= len(kid) <= KID_CHARS_MAX:
        raise JwtInvalid("a key without kid")
    material: dict[str, str | list[str]] = {**material_of(jwk)}
    try:
        key: RSAKey | ECKey
        match alg:
            case "RSA-OAEP-256":
                check_rsa_size(material)
                key = RSAKey.import_key(material)
            case "ECDH-ES":
                check_curve(material, "P-256")
                key = ECKey.import_key(material)
        key.public_key  # noqa: B018  builds the native key, which proves that its numbers are a key
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise JwtInvalid(f"not a key for {alg}: {error}") from None
    return EncryptionKey(kid, alg, key)


def public_encryption_jwk(key: EncryptionKey) -> dict[str, str]:
    """As a JWK Set shows it."""
    return {**material_of(key.key.as_dict(private=False)), "kid": key.kid, "alg": key.alg, "use": "enc"}


def encrypt_jwt(token: str, key: EncryptionKey, *, enc: Encryption) -> str:
    """A compact JWE around a signed JWT."""
    header = {"alg": key.alg, "enc": enc, "kid": key.kid, "typ": "JWT", "cty": "JWT"}
    return jwe.encrypt_compact(header, token.encode(), key.key, registry=_REGISTRY)
