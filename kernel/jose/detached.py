"""Sign and verify bodies by a detached signature: a compact JWS whose payload is left out, because it is the body itself. RFC 7515 appendix F.

The bytes that are signed are those of the wire. The members of the header are the standard's that asks for the signature, and so is their judge.
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from kernel import json
from kernel.errors import Problem
from kernel.jose.jwt import JwtInvalid, JwtKey

BASE64_GROUP_BYTES = 3  # which base64 writes as four characters, and which stand for themselves
_HASHED_FIRST: Mapping[str, hashes.HashAlgorithm] = {"PS256": hashes.SHA256()}
HEADER_CHARS_MAX = 2_048  # of the encoded header
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
SIGNATURE_CHARS_MAX = 1_024  # of the encoded signature: that of an RSA key of 4,096 bits takes 683


@dataclass(frozen=True, slots=True)
class DetachedJws:
    """A signature that was read and not verified: its header is its sender's claim."""

    header: dict[str, Any]
    encoded_header: str
    signature: bytes


def parse_detached(text: str) -> DetachedJws:
    """Raises JwtInvalid for anything but a header, no payload, and a signature."""
    segments = text.split(".")
    if len(segments) != 3 or segments[1]:
        raise JwtInvalid("not a detached JWS")
    encoded, _, signature = segments
    if len(encoded) > HEADER_CHARS_MAX or len(signature) > SIGNATURE_CHARS_MAX:
        raise JwtInvalid("a header or a signature that is too long")
    if not _BASE64URL.fullmatch(encoded) or not _BASE64URL.fullmatch(signature):
        raise JwtInvalid("no header or no signature, or one that is not base64url")
    try:
        header = json.decode(urlsafe_b64decode(encoded.encode("ascii")), dict[str, Any])
        return DetachedJws(header, encoded, urlsafe_b64decode(signature.encode("ascii")))
    except (Problem, ValueError) as error:
        raise JwtInvalid(f"segment: {type(error).__name__}") from None


def is_signed_by(body: bytes, detached: DetachedJws, key: JwtKey) -> bool:
    """True if the signature is the key's, over this header and these bytes. Takes the header's word for nothing: the key has its algorithm."""
    message = detached.encoded_header.encode("ascii") + b"." + urlsafe_b64encode(body)
    try:
        return bool(JWSRegistry.algorithms[_registered(key)].verify(message, detached.signature, key.key))
    except (ValueError, TypeError):
        return False


async def is_signed_over(blocks: AsyncIterator[bytes], detached: DetachedJws, key: JwtKey) -> bool:
    """As `is_signed_by`, of a body that is not in memory, hashed a block at a time; by the algorithms of `_HASHED_FIRST` alone."""
    algorithm = _HASHED_FIRST.get(key.alg)
    if algorithm is None:
        raise ValueError(f"{key.alg} does not sign a digest")
    digest, left = hashes.Hash(algorithm), b""
    digest.update(detached.encoded_header.encode("ascii") + b".")
    async for block in blocks:
        left += block
        whole = len(left) - len(left) % BASE64_GROUP_BYTES
        digest.update(urlsafe_b64encode(left[:whole]))
        left = left[whole:]
    digest.update(urlsafe_b64encode(left))
    padded = padding.PSS(mgf=padding.MGF1(algorithm), salt_length=algorithm.digest_size)
    public = key.key.get_op_key("verify")
    if not isinstance(public, RSAPublicKey):
        return False
    try:
        public.verify(detached.signature, digest.finalize(), padded, Prehashed(algorithm))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def sign_detached(body: bytes, header: Mapping[str, Any], key: JwtKey) -> str:
    """The detached JWS over `body`; `header` names the key and its algorithm."""
    encoded = urlsafe_b64encode(json.encode(header))
    signature = JWSRegistry.algorithms[_registered(key)].sign(encoded + b"." + urlsafe_b64encode(body), key.key)
    return f"{encoded.decode()}..{urlsafe_b64encode(signature).decode()}"


def _registered(key: JwtKey) -> str:
    return "Ed25519" if key.alg == "EdDSA" else key.alg
