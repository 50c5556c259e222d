"""A client's JWK Set: public keys for signatures, each with a kid and the one algorithm it is for. RFC 7517 section 5."""

from contextlib import suppress
from typing import Any

from consent.authorization.clients.key_certificates import certify
from kernel import json
from kernel.errors import FieldInvalid, Problem
from kernel.jose.jwt import ALGORITHMS, KID_CHARS_MAX, PRIVATE_MEMBERS, JwtInvalid, JwtKey, canonical_algorithm, import_key

KEYS_MAX = 16  # keys in the set of one client
SHARED_KEYS_MAX = 100  # of a set that serves others too

KeySet = dict[str, list[dict[str, Any]]]


def parse_key_set(document: bytes) -> KeySet:
    """Raises FieldInvalid for what is no JWK Set."""
    try:
        found = json.decode(document, dict[str, Any])
    except Problem:
        raise FieldInvalid("not a JSON object", path="jwks") from None
    listed = found.get("keys")
    if not isinstance(listed, list) or not all(isinstance(key, dict) for key in listed):
        raise FieldInvalid("no list of keys", path="jwks")
    return {"keys": listed}


def import_client_keys(jwks: KeySet) -> dict[str, JwtKey]:
    """The keys of a client's JWK Set by kid. Raises FieldInvalid for a private key, a shared kid, an unfit size or algorithm."""
    listed = jwks.get("keys", [])
    if not 1 <= len(listed) <= KEYS_MAX:
        raise FieldInvalid(f"{len(listed)} keys", path="jwks")
    keys: dict[str, JwtKey] = {}
    for jwk in listed:
        key = _import_one(jwk)
        if key is None:
            continue
        if key.kid in keys:
            raise FieldInvalid("two keys share a kid", path="jwks")
        keys[key.kid] = key
    return keys


def import_usable_keys(jwks: KeySet) -> dict[str, JwtKey]:
    """As `import_client_keys`, of a set that serves others too: what is not for us is left out, and none may be left."""
    keys: dict[str, JwtKey] = {}
    for jwk in jwks["keys"][:SHARED_KEYS_MAX]:
        with suppress(FieldInvalid):
            key = _import_one(jwk)
            if key is not None:
                keys.setdefault(key.kid, key)
    return keys


def _import_one(jwk: dict[str, Any]) -> JwtKey | None:
    """None for a key that is not for signatures."""
    if PRIVATE_MEMBERS & jwk.keys():
        raise FieldInvalid("a private key", path="jwks")
    if jwk.get("use", "sig") != "sig":
        return None
    kid, alg = jwk.get("kid"), canonical_algorithm(jwk.get("alg"))
    if not isinstance(kid, str) or not 1 <= len(kid) <= KID_CHARS_MAX:
        raise FieldInvalid("a key without kid", path="jwks")
    if alg is None:
        raise FieldInvalid(f"a key without one of {ALGORITHMS} as alg", path="jwks")
    try:
        return certify(import_key(jwk, kid=kid, alg=alg), jwk)
    except JwtInvalid as error:
        raise FieldInvalid(str(error), path="jwks") from None
