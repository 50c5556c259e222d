"""Sign and verify JWTs with explicit algorithms and explicit types. RFC 7515, RFC 7519, RFC 8725.

A key carries the one algorithm it may be used with; a token's header may only name that key, never bring one, save for one type of
token that exists to show a key (`verify_proof_jwt`). Three algorithms exist: PS256, ES256 and EdDSA with Ed25519 (also under its RFC
9864 name). Claims are the caller's to judge.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers, RSAPublicNumbers
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import base64_to_int, urlsafe_b64decode

from kernel import json
from kernel.errors import Problem

Algorithm = Literal["PS256", "ES256", "EdDSA"]
Key = RSAKey | ECKey | OKPKey

ALGORITHMS: tuple[Algorithm, ...] = ("PS256", "ES256", "EdDSA")
TOKEN_CHARS_MAX = 8192  # of a whole JWT, encoded; a longer one is not parsed
HEADER_CHARS_MAX = 1024  # of the encoded header of a JWT
PROOF_TYPE = "dpop+jwt"
PROOF_HEADER_CHARS_MAX = 2048  # of the encoded header of a DPoP proof, with room for the largest RSA key
KID_CHARS_MAX = 128  # of the id of a key (kid)
RSA_BITS_MIN = 2048  # of the modulus of an RSA key: FAPI2-SP-FINAL 5.4-2
RSA_BITS_MAX = 4096  # of the modulus of an RSA key: a longer one takes long to verify with
RSA_EXPONENT_BYTES_MAX = 8  # of the public exponent of an RSA key: a longer one takes long to verify with
NUMERIC_DATE_MAX = 253_402_300_799  # the largest date in a JWT, in seconds: the end of the year 9999
_REFUSED_HEADERS = frozenset({"jwk", "jku", "x5c", "x5u", "crit", "b64", "zip"})
_MATERIAL = frozenset({"kty", "crv", "n", "e", "x", "y", "d", "p", "q", "dp", "dq", "qi"})
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class JwtInvalid(Exception):
    """A JWT or JWK that is not acceptable. The text says why; it is for the log only."""


@dataclass(frozen=True, slots=True)
class JwtKey:
    """An imported key and the only algorithm it is used with. `certificates`: the chain that was published with it (`x5c`), of this very key;
    it is its publisher's claim."""

    kid: str
    alg: Algorithm
    key: Key
    certificates: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class UnverifiedJwt:
    """A JWT that was read and not verified: its content is its sender's claim."""

    token: str
    header: dict[str, Any]
    claims: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Jwt:
    """A JWT whose signature, algorithm and type were verified."""

    header: dict[str, Any]
    claims: dict[str, Any]


class _Registry(JWSRegistry):
    """Our three algorithms and limits. EdDSA means Ed25519 and nothing else (RFC 9864 says which name is fully specified)."""

    max_header_length = HEADER_CHARS_MAX
    max_payload_length = TOKEN_CHARS_MAX

    def get_alg(self, name: str) -> Any:
        if canonical_algorithm(name) is None:
            raise UnsupportedAlgorithmError("not one of ours")
        return self.algorithms["Ed25519" if name == "EdDSA" else name]


class _ProofRegistry(_Registry):
    max_header_length = PROOF_HEADER_CHARS_MAX


_REGISTRY = _Registry()
_PROOF_REGISTRY = _ProofRegistry(strict_check_header=False)  # a proof may have any header in addition to its key


def canonical_algorithm(name: object) -> Algorithm | None:
    """Our name of a JOSE algorithm, None for every one that we do not use."""
    if name == "Ed25519":
        return "EdDSA"
    return next((algorithm for algorithm in ALGORITHMS if algorithm == name), None)


def generate_key(alg: Algorithm) -> JwtKey:
    """A new private key whose kid is its RFC 7638 thumbprint. An RSA key takes a good part of a second: call it in a thread."""
    key: Key
    match alg:
        case "PS256":
            key = RSAKey.generate_key(RSA_BITS_MIN)
        case "ES256":
            key = ECKey.generate_key("P-256")
        case "EdDSA":
            key = OKPKey.generate_key("Ed25519")
    return JwtKey(key.thumbprint(), alg, key)


def import_key(jwk: Mapping[str, Any], *, kid: str, alg: Algorithm) -> JwtKey:
    """The key in `jwk`, for use with `alg` only. Raises JwtInvalid if it is no such key, or an RSA key of an unfit size."""
    material: dict[str, str | list[str]] = {**material_of(jwk)}
    try:
        key: Key
        match alg:
            case "PS256":
                check_rsa_size(material)
                key = RSAKey.import_key(material)
            case "ES256":
                check_curve(material, "P-256")
                key = ECKey.import_key(material)
            case "EdDSA":
                check_curve(material, "Ed25519")
                key = OKPKey.import_key(material)
        key.public_key  # noqa: B018  builds the native key, which proves that its numbers are a key
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise JwtInvalid(f"not a key for {alg}: {error}") from None
    return JwtKey(kid, alg, key)


def restore_key(jwk: Mapping[str, Any], *, kid: str, alg: Algorithm) -> JwtKey:
    """A key that was made here, out of `private_jwk` or `public_jwk`, after a place that shows whether it was changed. As `import_key`,
    but an RSA key's factors are not proven prime again, which takes a hundred times as long as all else; that every part fits the others
    is. Raises JwtInvalid."""
    material = material_of(jwk)
    if alg != "PS256" or "d" not in material:
        return import_key(jwk, kid=kid, alg=alg)
    try:
        check_rsa_size(material)
        n, e, d, p, q, dp, dq, qi = (base64_to_int(material[name]) for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi"))
        if (p * q, dp, dq, qi * q % p) != (n, d % (p - 1), d % (q - 1), 1) or e * dp % (p - 1) != 1 or e * dq % (q - 1) != 1:
            raise JwtInvalid(f"not a key for {alg}: its parts do not fit")
        numbers = RSAPrivateNumbers(p=p, q=q, d=d, dmp1=dp, dmq1=dq, iqmp=qi, public_numbers=RSAPublicNumbers(e, n))
        native = numbers.private_key(unsafe_skip_rsa_key_validation=True)
    except (ValueError, KeyError, ArithmeticError) as error:
        raise JwtInvalid(f"not a key for {alg}: {error}") from None
    return JwtKey(kid, alg, RSAKey.import_key(native))


def public_jwk(key: JwtKey) -> dict[str, str]:
    """The public half, as a JWK Set shows it."""
    return {**material_of(key.key.as_dict(private=False)), "kid": key.kid, "alg": key.alg, "use": "sig"}


def private_jwk(key: JwtKey) -> dict[str, str]:
    return material_of(key.key.as_dict(private=True))


def sign_jwt(claims: Mapping[str, Any], key: JwtKey, *, typ: str) -> str:
    """A compact JWS over `claims`."""
    header = {"alg": key.alg, "typ": typ, "kid": key.kid}
    return jws.serialize_compact(header, json.encode(claims), key.key, registry=_REGISTRY)


def parse_jwt(token: str) -> UnverifiedJwt:
    """Read a JWT without verifying it, to learn whose it claims to be. Raises JwtInvalid."""
    return _parse(token, HEADER_CHARS_MAX)


def verify_jwt(token: str, keys: Mapping[str, JwtKey], *, algorithms: Collection[str], types: Collection[str | None]) -> Jwt:
    """Verify the signature with the key that the header names; `keys` maps kid to key. Without a kid, the only key for the
    algorithm is taken. `types` are the acceptable `typ` values in lower case, None for an absent one. Raises JwtInvalid."""
    return verify_parsed(parse_jwt(token), keys, algorithms=algorithms, types=types)


def verify_parsed(
    unverified: UnverifiedJwt, keys: Mapping[str, JwtKey], *, algorithms: Collection[str], types: Collection[str | None]
) -> Jwt:
    """As `verify_jwt`, for who had to read the token before its keys could be found."""
    _check_header(unverified.header, algorithms, types)
    return _check_signature(unverified, _find_key(unverified.header, keys), _REGISTRY)


def verify_proof_jwt(token: str) -> tuple[Jwt, JwtKey]:
    """Verify a DPoP proof by the public key that its own header brings: it shows that its sender holds that key, and nothing about who
    that is. Its type distinguishes it from every token that names one of our keys. Raises JwtInvalid."""
    unverified = _parse(token, PROOF_HEADER_CHARS_MAX)
    _check_header(unverified.header, ALGORITHMS, {PROOF_TYPE}, refused=_REFUSED_HEADERS - {"jwk"})
    jwk, alg = unverified.header.get("jwk"), canonical_algorithm(unverified.header["alg"])
    if not isinstance(jwk, dict) or alg is None:
        raise JwtInvalid("no key in the header")
    if PRIVATE_MEMBERS & jwk.keys():
        raise JwtInvalid("a private key in the header")
    key = import_key(jwk, kid="", alg=alg)
    return _check_signature(unverified, key, _PROOF_REGISTRY), key


def numeric_date(claims: Mapping[str, Any], name: str) -> float | None:
    """A NumericDate (seconds since the epoch), None if absent. Raises JwtInvalid for anything else."""
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= NUMERIC_DATE_MAX:
        raise JwtInvalid(f"{name} is not a NumericDate")
    return float(value)


def material_of(jwk: Mapping[str, Any]) -> dict[str, str]:
    """The members that are the key itself. The others (`use`, `key_ops`, `x5c`) are ignored."""
    return {name: value for name, value in jwk.items() if name in _MATERIAL and isinstance(value, str)}


def _parse(token: str, header_chars_max: int) -> UnverifiedJwt:
    if len(token) > TOKEN_CHARS_MAX:
        raise JwtInvalid(f"{len(token)} characters")
    segments = token.split(".")
    if len(segments) != 3 or len(segments[0]) > header_chars_max:
        raise JwtInvalid("not a compact JWS")
    return UnverifiedJwt(token, _decode_segment(segments[0]), _decode_segment(segments[1]))


def _check_signature(unverified: UnverifiedJwt, key: JwtKey, registry: _Registry) -> Jwt:
    try:
        jws.deserialize_compact(unverified.token, key.key, registry=registry)
    except (JoseError, ValueError, TypeError) as error:
        raise JwtInvalid(f"signature: {type(error).__name__}") from None
    return Jwt(unverified.header, unverified.claims)


def _check_header(
    header: Mapping[str, Any],
    algorithms: Collection[str],
    types: Collection[str | None],
    *,
    refused: frozenset[str] = _REFUSED_HEADERS,
) -> None:
    if found := refused.intersection(header):
        raise JwtInvalid(f"header {sorted(found)}")
    if canonical_algorithm(header.get("alg")) not in algorithms:
        raise JwtInvalid("algorithm")
    typ = header.get("typ")
    if typ is not None:
        if not isinstance(typ, str):
            raise JwtInvalid("typ is not text")
        typ = typ.lower().removeprefix("application/")
    if typ not in types:
        raise JwtInvalid("typ")


def _find_key(header: Mapping[str, Any], keys: Mapping[str, JwtKey]) -> JwtKey:
    alg = canonical_algorithm(header["alg"])
    if "kid" in header:
        kid = header["kid"]
        found = keys.get(kid) if isinstance(kid, str) and len(kid) <= KID_CHARS_MAX else None
        if found is None or found.alg != alg:
            raise JwtInvalid("no such key for the algorithm")
        return found
    fitting = [key for key in keys.values() if key.alg == alg]
    if len(fitting) != 1:
        raise JwtInvalid(f"no kid, and {len(fitting)} keys fit")
    return fitting[0]


def _decode_segment(segment: str) -> dict[str, Any]:
    try:
        return json.decode(urlsafe_b64decode(segment.encode("ascii")), dict[str, Any])
    except (Problem, ValueError) as error:
        raise JwtInvalid(f"segment: {type(error).__name__}") from None


def check_rsa_size(material: Mapping[str, Any]) -> None:
    """A key must be strong enough to trust, and small enough that verifying with it costs no one much."""
    modulus, exponent = (urlsafe_b64decode(material[name].encode("ascii")) for name in ("n", "e"))
    bits = int.from_bytes(modulus).bit_length()
    if not RSA_BITS_MIN <= bits <= RSA_BITS_MAX or len(exponent) > RSA_EXPONENT_BYTES_MAX:
        raise JwtInvalid(f"an RSA key of {bits} bits, with an exponent of {len(exponent)} bytes")


def check_curve(material: Mapping[str, Any], curve: str) -> None:
    if material.get("crv") != curve:
        raise JwtInvalid(f"curve is not {curve}")
