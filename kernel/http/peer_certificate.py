"""Read the certificate chain that a TLS peer proved, once per connection.

RFC 8705 section 3. OpenSSL verified the chain and the purpose at the handshake; dates are a policy's business (kernel/http/tls.py),
so the whole verified chain comes along where Python gives it (3.13 publicly; earlier through the object that 3.13 made public).
"""

import ssl
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from kernel.certificates.certificate import Certificate, parse_certificate
from kernel.errors import CertificateInvalid


class PeerCertificates:
    """The parsed certificate of each living connection. Keyed weakly on the TLS object itself, so that no id is ever reused."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[ssl.SSLObject, Certificate | None] = WeakKeyDictionary()

    def of(self, tls: ssl.SSLObject | None) -> Certificate | None:
        """None without TLS or without a client certificate. Raises CertificateInvalid for one that OpenSSL reads and we do not."""
        if tls is None:
            return None
        try:
            return self._known[tls]
        except KeyError:
            certificate = self._known[tls] = _read(tls)
            return certificate


def leaf_of(tls: ssl.SSLObject | None) -> Certificate | None:
    """The client's certificate without its chain, to count by (kernel/http/admission/peer_share.py). None without one that can be read."""
    der = tls.getpeercert(binary_form=True) if tls is not None else None
    try:
        return parse_certificate(der) if der else None
    except CertificateInvalid:
        return None


def _read(tls: ssl.SSLObject) -> Certificate | None:
    der = tls.getpeercert(binary_form=True)
    if der is None:
        return None
    leaf = parse_certificate(der)
    return replace(leaf, issuers=tuple(parse_certificate(link) for link in _verified_chain(tls) if link != der))


def _verified_chain(tls: Any) -> list[bytes]:
    if hasattr(tls, "get_verified_chain"):
        return list(tls.get_verified_chain())
    inner = getattr(tls, "_sslobj", None)
    if inner is None:
        return []
    return [ssl.PEM_cert_to_DER_cert(link.public_bytes()) for link in inner.get_verified_chain() or ()]
