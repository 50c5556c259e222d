"""Verify DPoP proofs: with each request its sender shows that it holds the key that a token is, or will be, bound to. RFC 9449
section 4.3, FAPI2-SP-FINAL 5.3.2.1-6.

Pure: request and time in, proof out. Whether a proof was used before, the hot state knows (`first_use_of`).
"""

import base64
import hashlib
import hmac
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from kernel.brand import Brand
from kernel.errors import ProofInvalid, ProofMissing
from kernel.hot_state.checks import FirstUse, Share
from kernel.hot_state.subjects import proof_key
from kernel.http.message import Request
from kernel.jose.jwt import JwtInvalid, numeric_date, verify_proof_jwt
from kernel.tokens.dpop_nonces import Nonces

AGE_SECONDS_MAX = 60  # of a DPoP proof, from its iat
SKEW_SECONDS = 10  # by which a sender's clock may be ahead
JTI_CHARS_MAX = 128  # of the id of a proof (jti)
HTU_CHARS_MAX = 2048  # of the address that a proof names
PORTS = {"https": 443, "http": 80}

_URL = re.compile(r"[!-~]+")
_AMBIGUOUS = re.compile(r"%(?:2f|5c|(?![0-9a-f]{2}))|\\", re.IGNORECASE)  # as in a request's target (kernel/http/head.py)


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds for its request. `jkt` is the RFC 7638 thumbprint of its key; `issued_at` in seconds since the epoch."""

    jkt: str
    jti: str
    issued_at: float
    nonce: str | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL without query and fragment, in the one spelling that equal ones share. RFC 3986 sections 6.2.2 and 6.2.3."""

    scheme: str
    host: str
    port: int | None
    path: str  # decoded


def check_proof(brand: Brand, request: Request, *, wall: datetime, nonces: Nonces, access_token: str | None = None) -> Proof:
    """The proof of this request, which may be used once. `access_token` is the token it comes with. Raises ProofMissing, ProofInvalid or
    ProofNonceRequired."""
    headers = request.headers.getall("DPoP", [])
    if not headers:
        raise ProofMissing("no DPoP header")
    if len(headers) != 1:
        raise ProofInvalid(f"{len(headers)} DPoP headers")
    called = called_endpoint(brand, request)
    proof = verify_proof(headers[0].strip(" "), method=request.method, called=called, wall=wall, access_token=access_token)
    nonces.check(brand, proof.nonce, wall)
    return proof


def verify_proof(text: str, *, method: str, called: Endpoint, wall: datetime, access_token: str | None = None) -> Proof:
    """Check what a proof shows by itself. Raises ProofInvalid."""
    try:
        verified, key = verify_proof_jwt(text)
        claims = verified.claims
        issued_at = numeric_date(claims, "iat")
    except JwtInvalid as error:
        raise ProofInvalid(f"proof: {error}") from None
    now = wall.timestamp()
    if issued_at is None or not now - AGE_SECONDS_MAX <= issued_at <= now + SKEW_SECONDS:
        raise ProofInvalid(f"iat {issued_at}, now {now}")
    if claims.get("htm") != method:
        raise ProofInvalid("htm is not the method of the request")
    if parse_endpoint(_text(claims, "htu", HTU_CHARS_MAX)) != called:
        raise ProofInvalid("htu is not the URL of the request")
    if access_token is not None:
        _check_hash(claims, access_token)
    nonce = _text(claims, "nonce", JTI_CHARS_MAX) if "nonce" in claims else None
    return Proof(key.key.thumbprint(), _text(claims, "jti", JTI_CHARS_MAX), issued_at, nonce)


def first_use_of(brand: Brand, proof: Proof, wall: datetime, share: Share) -> FirstUse:
    """The question whether a proof comes for the first time, within the share of its client. It is asked for as long as the proof is
    young enough to be accepted."""
    remaining = proof.issued_at + AGE_SECONDS_MAX - wall.timestamp()
    digest = hashlib.sha256(f"{proof.jkt}\n{proof.jti}".encode()).hexdigest()  # fixed length: `jti` is the sender's text
    return FirstUse(proof_key(brand.name, digest), max(1, math.ceil(remaining) + 1), issued_at=proof.issued_at, share=share)


def called_endpoint(brand: Brand, request: Request) -> Endpoint:
    """Where a request went, by configuration and never by what it says of its host."""
    base = urlsplit(brand.mtls_url if request.listener == "mtls" else brand.issuer)
    return Endpoint(base.scheme, base.hostname or "", base.port or PORTS.get(base.scheme), request.path or "/")


def parse_endpoint(url: str) -> Endpoint:
    """The endpoint that `url` names. Raises ProofInvalid."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
        path = unquote_to_bytes(parts.path).decode()
    except ValueError:
        raise ProofInvalid("htu is no URL") from None
    if not _URL.fullmatch(url) or _AMBIGUOUS.search(parts.path) or not parts.hostname or "@" in parts.netloc:
        raise ProofInvalid("htu is no URL of an endpoint")
    return Endpoint(parts.scheme, parts.hostname, port, _without_dots(path))


def _without_dots(path: str) -> str:
    """RFC 3986 section 5.2.4."""
    kept: list[str] = []
    segments = path.removeprefix("/").split("/")
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if segments[-1] in {".", ".."} and kept else "")


def _check_hash(claims: Mapping[str, Any], access_token: str) -> None:
    digest = base64.urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()).rstrip(b"=")
    if not hmac.compare_digest(digest, _text(claims, "ath", len(digest)).encode()):
        raise ProofInvalid("ath is not the hash of the access token")


def _text(claims: Mapping[str, Any], name: str, most: int) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        raise ProofInvalid(f"{name} is missing, too long or not text")
    return value
