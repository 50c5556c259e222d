"""Whom we believe: authorities by configuration, each known for what it may vouch for, and the path from a certificate to one of them.

RFC 5280 section 6.1 (signatures and names along a path), ETSI TS 119 612 (a trusted list names issuing authorities and the kind of
certificate each is trusted for). The handshake verified what came by TLS; a path is found again here because it also says who may
speak about revocation, and because a certificate can come by other ways: from a proxy, or beside a signature.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from kernel.certificates.certificate import UNREADABLE, Certificate
from kernel.certificates.qualified import Purpose
from kernel.errors import CertificateInvalid

LINKS_MAX = 10
LIST_BYTES_MAX = 8 << 20
# ETSI EN 319 412-1 section 5.1.4 and TS 119 495 section 5.2.1: scheme, country, and for a payment service provider its authority
_ORGANISATION = re.compile(r"(?:PSD[A-Z]{2}-[A-Z]{2,8}|(?:VAT|NTR|LEI)[A-Z]{2})-[!-~]{1,128}")


class Vouches(StrEnum):
    """What an authority vouches for: any client certificate, qualified website certificates, qualified seals."""

    TRANSPORT = "transport"
    QWAC = "qwac"
    QSEALC = "qsealc"


@dataclass(frozen=True, slots=True)
class TrustPath:
    """`links`: the certificate and its issuers below the anchor, each issued by the next; none if it is an anchor itself."""

    links: tuple[x509.Certificate, ...]
    anchor: x509.Certificate
    vouches: frozenset[Vouches]

    def with_issuers(self) -> tuple[tuple[x509.Certificate, x509.Certificate], ...]:
        """Each link beside the certificate that issued it."""
        return tuple(pairwise((*self.links, self.anchor)))


class TrustLists:
    """The anchors of all lists. One that stands in several vouches for all that they say together."""

    def __init__(self, lists: Iterable[tuple[Sequence[x509.Certificate], frozenset[Vouches]]]) -> None:
        self._anchors: dict[x509.Certificate, frozenset[Vouches]] = {}
        self._by_subject: dict[x509.Name, list[x509.Certificate]] = {}
        for anchors, vouches in lists:
            for anchor in anchors:
                if anchor not in self._anchors:
                    self._by_subject.setdefault(anchor.subject, []).append(anchor)
                self._anchors[anchor] = self._anchors.get(anchor, frozenset()) | vouches

    def find_path(self, certificate: Certificate) -> TrustPath | None:
        """The path to an anchor over the issuers known with the certificate; None if there is none. Costs one signature a link."""
        pool = [x509.load_der_x509_certificate(issuer.der) for issuer in certificate.issuers[:LINKS_MAX]]
        current: x509.Certificate | None = x509.load_der_x509_certificate(certificate.der)
        links: list[x509.Certificate] = []
        while current is not None and len(links) < LINKS_MAX:
            if current in self._anchors:
                return TrustPath(tuple(links), current, self._anchors[current])
            links.append(current)
            anchor = _issuer_of(current, self._by_subject.get(current.issuer, ()), below=len(links) - 1)
            if anchor is not None:
                return TrustPath(tuple(links), anchor, self._anchors[anchor])
            current = _issuer_of(current, pool, below=len(links) - 1)
        return None


def load_certificates(file: Path) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM file, at least one. Raises OSError, or ValueError for a file that is no such list."""
    if file.stat().st_size > LIST_BYTES_MAX:
        raise ValueError(f"larger than {LIST_BYTES_MAX} bytes")
    certificates = tuple(x509.load_pem_x509_certificates(file.read_bytes()))
    for certificate in certificates:
        try:
            len(certificate.extensions)
        except UNREADABLE as error:
            raise ValueError(f"{certificate.subject.rfc4514_string()} cannot be read: {error}") from None
    return certificates


def check_client(certificate: Certificate, path: TrustPath | None) -> TrustPath:
    """The path of a client's certificate, if its anchor vouches for such a one. Raises CertificateInvalid."""
    if path is None:
        raise CertificateInvalid(f"no configured list vouches for {certificate.thumbprint}")
    if Vouches.TRANSPORT not in path.vouches:
        if Vouches.QWAC not in path.vouches:
            raise CertificateInvalid("the list vouches for seals only")
        _check_qualified(certificate, Purpose.WEBSITE)
    return path


def check_website(certificate: Certificate, path: TrustPath | None) -> TrustPath:
    """The path of a qualified website certificate, if its anchor vouches for such ones: what its holder states of itself then counts
    without a registration. Raises CertificateInvalid."""
    if path is None or Vouches.QWAC not in path.vouches:
        raise CertificateInvalid(f"no configured list vouches for {certificate.thumbprint} as a qualified one")
    _check_qualified(certificate, Purpose.WEBSITE)
    return path


def check_seal(certificate: Certificate, path: TrustPath | None) -> TrustPath:
    """The path of a qualified seal's certificate. Raises CertificateInvalid."""
    if path is None or Vouches.QSEALC not in path.vouches:
        raise CertificateInvalid(f"no configured list vouches for the seal {certificate.thumbprint}")
    _check_qualified(certificate, Purpose.SEAL)
    return path


def _check_qualified(certificate: Certificate, purpose: Purpose) -> None:
    stated = certificate.qualified
    if not stated.compliant or purpose not in stated.purposes or stated.provider is None:
        raise CertificateInvalid(f"not qualified for {purpose.name.lower()} with the roles of a payment service provider")
    if not _ORGANISATION.fullmatch(certificate.organisation_id or ""):
        raise CertificateInvalid(f"organizationIdentifier {certificate.organisation_id}")


def _issuer_of(certificate: x509.Certificate, candidates: Iterable[x509.Certificate], *, below: int) -> x509.Certificate | None:
    """Who of them issued the certificate; `below`: how many authorities stand under that one already."""
    return next((candidate for candidate in candidates if _has_issued(candidate, certificate, below)), None)


def _has_issued(issuer: x509.Certificate, certificate: x509.Certificate, below: int) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (*UNREADABLE, InvalidSignature, x509.ExtensionNotFound):
        return False
    return constraints.ca and (constraints.path_length is None or constraints.path_length >= below)
