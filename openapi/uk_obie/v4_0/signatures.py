"""The detached signature over a body, in requests and in answers: its header and the claims within. OBIE R/W 4.0 Profile, "Message Signing".

Only the claims that the standard lists are allowed, and each of the critical ones must be there. There is no `b64`: the payload is encoded.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kernel.errors import (
    SignatureClaimInvalid,
    SignatureClaimMissing,
    SignatureMalformed,
    SignatureMissing,
    SignatureUnexpected,
)
from kernel.http.message import Request
from kernel.jose.detached import DetachedJws, parse_detached
from kernel.jose.jwt import KID_CHARS_MAX, JwtInvalid

HEADER = "x-jws-signature"
ALGORITHM = "PS256"
TRUST_ANCHOR = "openbanking.org.uk"
IAT = "http://openbanking.org.uk/iat"
ISS = "http://openbanking.org.uk/iss"
TAN = "http://openbanking.org.uk/tan"
CRITICAL = (IAT, ISS, TAN)
REQUIRED = ("alg", "kid", *CRITICAL, "crit")
ALLOWED = frozenset({*REQUIRED, "typ", "cty"})
SKEW_SECONDS = 10  # by which a sender's clock may be ahead
CONTENT_TYPES = ("json", "application/json")  # a tuple: a claim may be anything, also what has no hash


class Signatures:
    """The face of the signatures."""

    header = HEADER
    algorithm = ALGORITHM
    issuer_claim = ISS

    def parse(self, request: Request) -> DetachedJws:
        """Raises SignatureMissing, SignatureMalformed, SignatureClaimMissing or SignatureClaimInvalid."""
        values = request.headers.getall(HEADER, [])
        if not values:
            raise SignatureMissing(path=HEADER)
        if len(values) > 1:
            raise SignatureMalformed(f"{len(values)} times", path=HEADER)
        try:
            signature = parse_detached(values[0].strip())
        except JwtInvalid as error:
            raise SignatureMalformed(str(error), path=HEADER) from None
        _check_form(signature.header)
        return signature

    def check_absent(self, request: Request) -> None:
        """Raises SignatureUnexpected where there is no body that a signature could be over."""
        if HEADER in request.headers:
            raise SignatureUnexpected(path=HEADER)

    def check_time(self, signature: DetachedJws, now: datetime) -> None:
        """Raises SignatureClaimInvalid."""
        if signature.header[IAT] > now.timestamp() + SKEW_SECONDS:
            raise SignatureClaimInvalid("issued in the future", path=IAT)
        if signature.header[IAT] < 0:
            raise SignatureClaimInvalid("issued before 1970", path=IAT)

    def head_of(self, kid: str, organisation_id: str, now: datetime) -> Mapping[str, Any]:
        """The header of an answer's signature."""
        return {
            "alg": ALGORITHM,
            "kid": kid,
            "typ": "JOSE",
            "cty": "application/json",
            IAT: int(now.timestamp()),
            ISS: organisation_id,
            TAN: TRUST_ANCHOR,
            "crit": list(CRITICAL),
        }


def _check_form(header: Mapping[str, Any]) -> None:
    if unknown := sorted(header.keys() - ALLOWED):
        raise SignatureClaimInvalid(f"{len(unknown)} claims beyond those allowed", path=unknown[0][:KID_CHARS_MAX])
    if missing := [name for name in REQUIRED if name not in header]:
        raise SignatureClaimMissing(path=missing[0])
    kid, issued, critical = header["kid"], header[IAT], header["crit"]
    faults = {
        "alg": header["alg"] != ALGORITHM,
        "kid": not isinstance(kid, str) or not 0 < len(kid) <= KID_CHARS_MAX,
        "typ": header.get("typ", "JOSE") != "JOSE",
        "cty": header.get("cty", "json") not in CONTENT_TYPES,
        IAT: isinstance(issued, bool) or not isinstance(issued, int | float),
        ISS: not isinstance(header[ISS], str),
        TAN: header[TAN] != TRUST_ANCHOR,
        "crit": not isinstance(critical, list)
        or len(critical) != len(CRITICAL)
        or any(name not in critical for name in CRITICAL),
    }
    if wrong := [name for name, is_wrong in faults.items() if is_wrong]:
        raise SignatureClaimInvalid(path=wrong[0])
