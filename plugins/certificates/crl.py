"""Judge one certificate by one revocation list. RFC 5280 sections 5.2, 5.3 and 6.3.3.

Only a complete list of the certificate's own issuer is believed: not a list of changes, not another authority's, not one for some
reasons or for another kind of certificate. What is revoked on a list that is out of date stays revoked.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from kernel.certificates.certificate import UNREADABLE
from kernel.http.outbound.fetcher import Unanswered
from plugins.certificates.verdicts import SKEW, Good, Revoked, Verdict

T = TypeVar("T", bound=x509.ExtensionType)


def parse_crl(content: bytes) -> x509.CertificateRevocationList:
    """From PEM or DER. Raises Unanswered."""
    try:
        if content.lstrip().startswith(b"-----"):
            return x509.load_pem_x509_crl(content)
        return x509.load_der_x509_crl(content)
    except UNREADABLE:
        raise Unanswered("no revocation list") from None


def judge_by_crl(
    crl: x509.CertificateRevocationList, certificate: x509.Certificate, issuer: x509.Certificate, wall: datetime
) -> Verdict:
    """Raises Unanswered if the list says nothing that counts for this certificate."""
    try:
        _check_authority(crl, certificate, issuer)
        _check_scope(crl, certificate)
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    except UNREADABLE as error:
        raise Unanswered(f"malformed: {type(error).__name__}") from None
    if entry is not None:
        return Revoked(entry.revocation_date_utc)
    if crl.last_update_utc > wall + SKEW:
        raise Unanswered("a list from the future")
    if crl.next_update_utc is None or crl.next_update_utc <= wall:
        raise Unanswered("the list is past its next update")
    return Good(crl.next_update_utc)


def _check_authority(crl: x509.CertificateRevocationList, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    if crl.issuer != issuer.subject or certificate.issuer != issuer.subject:
        raise Unanswered("a list of another authority")
    usage = _find(issuer.extensions, x509.KeyUsage)
    if usage is not None and not usage.value.crl_sign:
        raise Unanswered("the authority may not sign lists")
    if crl.public_bytes(Encoding.DER)[-len(crl.signature) - 1]:  # the unused bits of its bit string, which nothing signs
        raise Unanswered("the list's signature is no whole octets")
    if not crl.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]  # a key of another kind raises TypeError
        raise Unanswered("the list's signature is wrong")


def _check_scope(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> None:
    unknown = [each.oid for each in crl.extensions if each.critical and each.oid != x509.IssuingDistributionPoint.oid]
    if unknown:
        raise Unanswered(f"a list with the critical extension {unknown[0].dotted_string}")
    scope = _find(crl.extensions, x509.IssuingDistributionPoint)
    if scope is None:
        return
    point = scope.value
    constraints = _find(certificate.extensions, x509.BasicConstraints)
    is_authority = constraints is not None and constraints.value.ca
    if point.indirect_crl or point.only_some_reasons or point.only_contains_attribute_certs or point.relative_name:
        raise Unanswered("a list that is not whole, or not of one authority")
    if point.only_contains_ca_certs if not is_authority else point.only_contains_user_certs:
        raise Unanswered("a list of another kind of certificate")
    if point.full_name is not None and not set(point.full_name) & set(_points_of(certificate)):
        raise Unanswered("a list of another distribution point")


def _points_of(certificate: x509.Certificate) -> Iterable[x509.GeneralName]:
    points = _find(certificate.extensions, x509.CRLDistributionPoints)
    return [name for point in (points.value if points else ()) for name in point.full_name or ()]


def crl_urls_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Where the certificate says that its issuer's own complete list lies."""
    points = _find(certificate.extensions, x509.CRLDistributionPoints)
    return tuple(
        name.value
        for point in (points.value if points else ())
        if point.reasons is None and point.crl_issuer is None
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    )


def _find(extensions: x509.Extensions, kind: type[T]) -> x509.Extension[T] | None:
    try:
        return extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None
