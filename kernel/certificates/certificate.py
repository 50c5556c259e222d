"""An X.509 certificate as the rest of the house needs it: who it names, when it is valid, and the thumbprint tokens are bound to.

RFC 8705 section 3.1 (`x5t#S256`), RFC 4514 (names as text), ETSI TS 119 495 section 5.1 (organizationIdentifier and roles of a
payment service provider). Certificates come from our own TLS listener or from a trusted proxy (RFC 9440); both hand over DER, and
both end here.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from cryptography import x509
from cryptography.x509.oid import NameOID

from kernel.certificates.qualified import STATEMENTS_OID, UNQUALIFIED, Qualified, parse_statements
from kernel.errors import CertificateExpired, CertificateForeign, CertificateInvalid
from kernel.observability.redaction import declare_public

CERTIFICATE_BYTES_MAX = 16_384  # of one certificate in DER; a larger one is not parsed
CACHE_CERTIFICATES_MAX = 4096  # parsed certificates kept in memory, in each process

# what the library raises, now or when a part is looked at, for something of X.509 that it cannot read
UNREADABLE = (ValueError, TypeError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)

_STATEMENTS = x509.ObjectIdentifier(STATEMENTS_OID)
_NAMES = {NameOID.ORGANIZATION_IDENTIFIER: "organizationIdentifier"}


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate. `issuers` is the rest of the chain as far as its source knows it, nearest first; it may be empty.

    `organisation_id` is the subject's organizationIdentifier (`PSDGB-FCA-123456`), None if it has none or more than one.
    Names are for people and logs; identity is compared by `thumbprint` or `organisation_id`, never by `subject_dn`.
    """

    der: bytes
    thumbprint: str
    subject_dn: str
    organisation_id: str | None
    not_before: datetime
    not_after: datetime
    serial: int
    issuer_dn: str
    issuers: tuple["Certificate", ...] = ()
    qualified: Qualified = UNQUALIFIED
    organisation_name: str | None = None  # the subject's organizationName, as people know it


class CertificateStatus(Protocol):
    """The check that dates and signatures cannot make: whether a certificate still stands."""

    async def check(self, certificate: Certificate) -> None:
        """Raises CertificateInvalid if no configured list vouches for it, CertificateBlocked, CertificateRevoked, or
        CertificateUnchecked where the status must be known and no source has an answer."""
        ...

    async def check_qualified(self, certificate: Certificate) -> None:
        """As `check`, of a certificate that alone shows who calls: a list must vouch for it as a qualified one, with the roles of a payment
        service provider."""
        ...

    async def check_seal(self, certificate: Certificate) -> None:
        """As `check`, of the certificate of a qualified seal, which came with a signature; its issuers may have come along, unverified. Its
        dates are the caller's to check."""
        ...


@lru_cache(maxsize=CACHE_CERTIFICATES_MAX)
def parse_certificate(der: bytes) -> Certificate:
    """Parse one DER certificate, once per certificate. Raises CertificateInvalid. Nothing about it is verified here."""
    if len(der) > CERTIFICATE_BYTES_MAX:
        raise CertificateInvalid(f"{len(der)} bytes of certificate")
    try:
        parsed = x509.load_der_x509_certificate(der)
        return Certificate(
            der=der,
            thumbprint=declare_public(thumbprint_of(der)),
            subject_dn=parsed.subject.rfc4514_string(_NAMES),
            organisation_id=_only_text(parsed.subject, NameOID.ORGANIZATION_IDENTIFIER),
            not_before=parsed.not_valid_before_utc,
            not_after=parsed.not_valid_after_utc,
            serial=parsed.serial_number,
            issuer_dn=parsed.issuer.rfc4514_string(_NAMES),
            qualified=_qualified(parsed),
            organisation_name=_only_text(parsed.subject, NameOID.ORGANIZATION_NAME),
        )
    except UNREADABLE as error:
        raise CertificateInvalid(f"not a certificate: {error}") from None


def thumbprint_of(der: bytes) -> str:
    """`x5t#S256`: base64url of SHA-256 over the DER, without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


def check_valid_at(certificate: Certificate, wall: datetime) -> None:
    """Raises CertificateExpired unless the certificate, and every issuer known with it, is valid at `wall` (protocol time)."""
    for link in (certificate, *certificate.issuers):
        if not link.not_before <= wall <= link.not_after:
            raise CertificateExpired(f"{link.thumbprint} is valid from {link.not_before} to {link.not_after}")


def check_owner(certificate: Certificate, organisation_id: str) -> None:
    """A certificate that names an organisation identifies that one only (Commission Delegated Regulation (EU) 2018/389 article 34);
    one that names none is known by its binding. Raises CertificateForeign."""
    if certificate.organisation_id not in (None, organisation_id):
        raise CertificateForeign(f"a certificate of {certificate.organisation_id}, a client of {organisation_id}")


def _only_text(subject: x509.Name, name: x509.ObjectIdentifier) -> str | None:
    values = subject.get_attributes_for_oid(name)
    if len(values) != 1:
        return None  # two organisations are as good as none: we must not choose between them
    value = values[0].value
    return value if isinstance(value, str) else None


def _qualified(parsed: x509.Certificate) -> Qualified:
    try:
        extension = parsed.extensions.get_extension_for_oid(_STATEMENTS).value
    except x509.ExtensionNotFound:
        return UNQUALIFIED
    return parse_statements(extension.public_bytes())
