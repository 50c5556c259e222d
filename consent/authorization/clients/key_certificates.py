"""The certificates that a client publishes with a key. RFC 7517 section 4.7.

They say nothing until they are asked for: what does not belong to the key is left out, and who vouches for the rest is another's to check.
"""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cryptography import x509

from kernel.certificates.certificate import CERTIFICATE_BYTES_MAX, UNREADABLE
from kernel.certificates.trust_lists import LINKS_MAX
from kernel.jose.jwt import JwtKey

MEMBER = "x5c"


def certify(key: JwtKey, jwk: Mapping[str, Any]) -> JwtKey:
    """The key with the certificates of its JWK, if the first one is of this key."""
    listed = jwk.get(MEMBER)
    if not isinstance(listed, list) or not 1 <= len(listed) <= LINKS_MAX:
        return key
    try:
        chain = tuple(base64.b64decode(each, validate=True) for each in listed)
        fits = max(map(len, chain)) <= CERTIFICATE_BYTES_MAX and _is_of(chain[0], key)
    except UNREADABLE:
        return key
    return replace(key, certificates=chain) if fits else key


def render_certificates(key: JwtKey) -> dict[str, list[str]]:
    """The member of its JWK; nothing without certificates."""
    return {MEMBER: [base64.b64encode(each).decode() for each in key.certificates]} if key.certificates else {}


def _is_of(der: bytes, key: JwtKey) -> bool:
    return bool(x509.load_der_x509_certificate(der).public_key() == key.key.public_key)
