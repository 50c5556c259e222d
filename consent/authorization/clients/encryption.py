"""Encrypt what only one client may read, with the key that it registered for this. OIDC Core section 10.2, JARM section 2.2."""

from collections.abc import Mapping
from typing import Any

from consent.authorization.clients.client import Client
from kernel.jose.jwe import ALGORITHMS, ENCRYPTIONS, EncryptionKey, encrypt_jwt, import_encryption_key

ENC_BY_DEFAULT = "A128CBC-HS256"  # OIDC Dynamic Client Registration section 2, JARM section 3


def encrypt_for(client: Client, token: str, alg: str | None, enc: str | None) -> str:
    """The token, encrypted to the client with what it registered; as it is without an `alg`."""
    if alg is None:
        return token
    key = find_encryption_key(client.jwks, alg)
    if key is None:
        raise RuntimeError(f"client {client.id} has no key for {alg}")
    return encrypt_jwt(token, key, enc=next(known for known in ENCRYPTIONS if known == (enc or ENC_BY_DEFAULT)))


def find_encryption_key(jwks: Mapping[str, list[dict[str, Any]]], alg: str) -> EncryptionKey | None:
    """The client's first key for `alg`. Raises JwtInvalid for one that is unfit."""
    for jwk in jwks.get("keys", []):
        if jwk.get("use") == "enc" and jwk.get("alg") == alg:
            return import_encryption_key(jwk, alg=next(known for known in ALGORITHMS if known == alg))
    return None
