"""An access token as a request presents it, and the check that its presenter is the one it is bound to.

RFC 6750 sections 2.1 and 2.3, RFC 8705 section 3, RFC 9449 sections 7.1 and 7.2.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kernel.access import AccessToken
from kernel.brand import Brand
from kernel.certificates.certificate import Certificate
from kernel.errors import CertificateMissing, TokenInvalid, TokenMissing, TokenNotBound
from kernel.http.message import Request
from kernel.tokens.dpop import Proof, check_proof
from kernel.tokens.dpop_nonces import Nonces

TOKEN_BYTES_MAX = 4096  # of the token in an Authorization header

Scheme = Literal["bearer", "dpop"]
SCHEMES: Mapping[str, Scheme] = {"bearer": "bearer", "dpop": "dpop"}

_TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*", re.ASCII)


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """The unverified text of a token, and the scheme of the Authorization header that carried it."""

    scheme: Scheme
    text: str


def parse_presented_token(request: Request) -> PresentedToken:
    """Raises TokenMissing or TokenInvalid."""
    if any(name == "access_token" for name, _ in request.query):
        raise TokenInvalid("presented in the query, where logs and histories keep it")
    headers = request.headers.getall("Authorization", [])
    if not headers:
        raise TokenMissing("no Authorization header")
    if len(headers) > 1:
        raise TokenInvalid(f"{len(headers)} Authorization headers")
    name, _, text = headers[0].strip().partition(" ")
    scheme = SCHEMES.get(name.lower())
    if scheme is None:
        raise TokenMissing("another scheme than Bearer and DPoP")
    text = text.strip(" ")
    if len(text) > TOKEN_BYTES_MAX or not _TOKEN68.fullmatch(text):
        raise TokenInvalid("too long, or not the characters of a token")
    return PresentedToken(scheme, text)


def check_holder(
    token: AccessToken, presented: PresentedToken, brand: Brand, request: Request, *, wall: datetime, nonces: Nonces
) -> Proof | None:
    """The proof that came with a token bound to a DPoP key; it may be used once. Raises CertificateMissing, TokenNotBound, ProofMissing,
    ProofInvalid or ProofNonceRequired."""
    bound_to = token.confirmation
    if presented.scheme != ("dpop" if bound_to.method == "jkt" else "bearer"):
        raise TokenNotBound(f"bound by {bound_to.method}, presented as {presented.scheme}")
    if bound_to.method == "x5t#S256":
        _check_certificate(bound_to.value, request.certificate)
        return None
    proof = check_proof(brand, request, wall=wall, nonces=nonces, access_token=presented.text)
    if not hmac.compare_digest(bound_to.value.encode(), proof.jkt.encode()):
        raise TokenNotBound(f"token {bound_to.value}, proof {proof.jkt}")
    return proof


def _check_certificate(thumbprint: str, certificate: Certificate | None) -> None:
    if certificate is None:
        raise CertificateMissing("the token is bound to a certificate, and the connection carries none")
    if not hmac.compare_digest(thumbprint.encode(), certificate.thumbprint.encode()):
        raise TokenNotBound(f"token {thumbprint}, certificate {certificate.thumbprint}")
