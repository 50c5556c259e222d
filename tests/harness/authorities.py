"""Authorities of a test's own, written with the cryptography library alone: certificates, revocation lists and OCSP answers, right or
wrong in the way that the test says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from kernel.certificates.certificate import Certificate, parse_certificate
from sandbox.authority.qualified import render_statements

START = datetime(2026, 7, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
ORGANISATION = "PSDGB-FCA-123456"
Key = Any  # of the kind that the test wants
Extensions = Iterable[tuple[x509.ExtensionType, bool]]


def new_key(kind: str = "EC") -> Key:
    match kind:
        case "RSA":
            return rsa.generate_private_key(65537, 2048)
        case "Ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case _:
            return ec.generate_private_key(ec.SECP256R1())


def digest_of(key: Key) -> hashes.HashAlgorithm | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def named(common_name: str, organisation_id: str | None = None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organisation_id is not None:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, organisation_id))
    return x509.Name(attributes)


def key_usage(**usage: bool) -> x509.KeyUsage:
    names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign "
        "encipher_only decipher_only"
    )
    return x509.KeyUsage(**{name: usage.get(name, False) for name in names.split()})


def pointing_at(url: str) -> tuple[x509.ExtensionType, bool]:
    """A distribution point of revocation lists."""
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)
    return x509.CRLDistributionPoints([point]), False


def answered_at(url: str) -> tuple[x509.ExtensionType, bool]:
    """An OCSP responder."""
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(url))
    return x509.AuthorityInformationAccess([access]), False


def stating(purpose: str = "website", roles: Sequence[str] = ("AISP",), organisation: str = ORGANISATION) -> Any:
    """The statements of a qualified certificate."""
    return render_statements(purpose, roles, organisation), False  # type: ignore[arg-type]


@dataclass(frozen=True)
class Authority:
    """An authority and its key. `issuer` None: its certificate is its own."""

    certificate: x509.Certificate
    key: Key
    issuers: tuple["Authority", ...] = ()  # nearest first

    @classmethod
    def root(cls, name: str = "root", *, kind: str = "EC", path_length: int | None = None, usage: x509.KeyUsage | None = None):
        key = new_key(kind)
        certificate = build(named(name), key, named(name), key, extensions=authority_extensions(path_length, usage))
        return cls(certificate, key)

    def authority(self, name: str = "issuing", *, kind: str = "EC", extensions: Extensions = (), **facts: Any) -> "Authority":
        """An authority below this one."""
        key = new_key(kind)
        said = [*authority_extensions(facts.pop("path_length", None), facts.pop("usage", None)), *extensions]
        return Authority(self.issue(name, key=key, extensions=said, **facts), key, (self, *self.issuers))

    def issue(
        self,
        name: str = "leaf",
        organisation: str | None = ORGANISATION,
        *,
        key: Key = None,
        extensions: Extensions = (),
        **facts,
    ) -> x509.Certificate:
        return build(
            named(name, organisation), key or LEAF_KEY, self.certificate.subject, self.key, extensions=extensions, **facts
        )

    def client(
        self, name: str = "leaf", organisation: str | None = ORGANISATION, *, extensions: Extensions = (), **facts
    ) -> Certificate:
        """As the listener hands it over, with every issuer but the root's."""
        return shown(self.issue(name, organisation, extensions=extensions, **facts), self)

    def crl(
        self,
        revoked: Iterable[x509.Certificate] = (),
        *,
        begins: datetime = START - timedelta(hours=1),
        ends: datetime = START + DAY,
        extensions: Extensions = (),
        signed_by: Key = None,
        issuer: x509.Name | None = None,
        reason: x509.ReasonFlags | None = None,
    ) -> x509.CertificateRevocationList:
        builder = x509.CertificateRevocationListBuilder().issuer_name(issuer or self.certificate.subject).last_update(begins)
        builder = builder.next_update(ends)
        for certificate in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(begins)
            if reason is not None:
                entry = entry.add_extension(x509.CRLReason(reason), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(signed_by or self.key, digest_of(signed_by or self.key))

    def responder(self, *, appointed: bool = True, **facts: Any) -> "Authority":
        """Somebody with a certificate of this authority; `appointed` to answer for it."""
        key = new_key()
        purposes = [ExtendedKeyUsageOID.OCSP_SIGNING if appointed else ExtendedKeyUsageOID.CLIENT_AUTH]
        certificate = self.issue("responder", None, key=key, extensions=[(x509.ExtendedKeyUsage(purposes), False)], **facts)
        return Authority(certificate, key, (self, *self.issuers))


LEAF_KEY = new_key()


def authority_extensions(path_length: int | None, usage: x509.KeyUsage | None) -> Extensions:
    return [
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (usage or key_usage(key_cert_sign=True, crl_sign=True), True),
    ]


def build(
    subject: x509.Name,
    key: Key,
    issuer: x509.Name,
    issuer_key: Key,
    *,
    begins: datetime = START - 30 * DAY,
    ends: datetime = START + 30 * DAY,
    extensions: Extensions = (),
) -> x509.Certificate:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, digest_of(issuer_key))


def shown(leaf: x509.Certificate, authority: Authority) -> Certificate:
    """A certificate with its issuers, the root left out."""
    links = [each.certificate for each in (authority, *authority.issuers)][:-1]
    return replace(parse_certificate(der(leaf)), issuers=tuple(parse_certificate(der(link)) for link in links))


def der(thing: Any) -> bytes:
    return thing.public_bytes(serialization.Encoding.DER)


def pem(thing: Any) -> bytes:
    return thing.public_bytes(serialization.Encoding.PEM)


@dataclass
class Answers:
    """An OCSP answer, correct in every field unless a test changes it."""

    certificate: x509.Certificate
    issuer: Authority
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD
    begins: datetime = START - timedelta(hours=1)
    ends: datetime | None = START + DAY
    signer: Authority | None = None
    nonce: bytes | None = None
    by_name: bool = False
    enclosed: list[x509.Certificate] = field(default_factory=list)

    def render(self) -> bytes:
        signer = self.signer or self.issuer
        is_revoked = self.status is ocsp.OCSPCertStatus.REVOKED
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=self.certificate,
            issuer=self.issuer.certificate,
            algorithm=hashes.SHA1(),
            cert_status=self.status,
            this_update=self.begins,
            next_update=self.ends,
            revocation_time=self.begins if is_revoked else None,
            revocation_reason=None,
        )
        encoding = ocsp.OCSPResponderEncoding.NAME if self.by_name else ocsp.OCSPResponderEncoding.HASH
        builder = builder.responder_id(encoding, signer.certificate)
        enclosed = self.enclosed or ([signer.certificate] if self.signer else [])
        if enclosed:
            builder = builder.certificates(enclosed)
        if self.nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(self.nonce), critical=False)
        return builder.sign(signer.key, digest_of(signer.key)).public_bytes(serialization.Encoding.DER)
