"""The authorities that we trust, by configuration, each known for what it may vouch for, and the path from a certificate to one of them.

RFC 5280 section 6.1 (signatures, names, dates and constraints along a path), by `cryptography`; ETSI TS 119 612 (a trusted list names
issuing authorities and the kind of certificate each is trusted for). The handshake verified what came by TLS; a path is found again here
because it also says who may answer about revocation, and because a certificate can come by other ways: from a proxy, or with a signature.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from kernel.certificates.certificate import UNREADABLE, Certificate
from kernel.certificates.qualified import Purpose
from kernel.errors import CertificateInvalid

LINKS_MAX = 10  # certificates of a path, without its anchor
LIST_BYTES_MAX = 8 << 20  # of one file of authorities
# ETSI EN 319 412-1 section 5.1.4 and TS 119 495 section 5.2.1: scheme, country, and for a payment service provider its authority
_ORGANISATION = re.compile(r"(?:PSD[A-Z]{2}-[A-Z]{2,8}|(?:VAT|NTR|LEI)[A-Z]{2})-[!-~]{1,128}")


class Vouches(StrEnum):
    """The certificates that an authority vouches for: any client certificate, qualified website certificates, qualified seals."""

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
        """Each certificate of the path with its issuer."""
        return tuple(pairwise((*self.links, self.anchor)))


class TrustLists:
    """The anchors of all lists. One that stands in several vouches for all that they say together."""

    def __init__(self, lists: Iterable[tuple[Sequence[x509.Certificate], frozenset[Vouches]]]) -> None:
        self._anchors: dict[x509.Certificate, frozenset[Vouches]] = {}
        for anchors, vouches in lists:
            for anchor in anchors:
                self._anchors[anchor] = self._anchors.get(anchor, frozenset()) | vouches
        self._store = Store(list(self._anchors)) if self._anchors else None

    def find_path(self, certificate: Certificate, wall: datetime) -> TrustPath | None:
        """The path to an anchor over the issuers known with the certificate, each of them valid at `wall` (protocol time); None if there
        is none. The library bounds how many signatures it tries."""
        if self._store is None:
            return None
        builder = PolicyBuilder().store(self._store).time(wall).max_chain_depth(LINKS_MAX - 1)
        verifier = builder.extension_policies(
            ca_policy=_AUTHORITIES, ee_policy=ExtensionPolicy.permit_all()
        ).build_client_verifier()
        pool = [x509.load_der_x509_certificate(issuer.der) for issuer in certificate.issuers[:LINKS_MAX]]
        try:
            *links, anchor = verifier.verify(x509.load_der_x509_certificate(certificate.der), pool).chain
        except (VerificationError, *UNREADABLE):
            return None
        return TrustPath(tuple(links), anchor, self._anchors[anchor])


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


def _check_may_issue(_policy: Policy, _authority: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    """RFC 5280 section 6.1.4 (n)."""
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("an authority that may not issue certificates")


# of an authority whose purposes the configuration names, not its certificate; the library itself reads path length and name constraints
_AUTHORITIES = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _check_may_issue)
)
