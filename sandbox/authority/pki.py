"""The test certification authority: server certificates for this machine, transport and seal certificates for TPPs, always in date.

RFC 5280; ETSI TS 119 495 section 5 and OBIE certificate profiles: a transport certificate is shaped as a QWAC, a seal's as a QSealC. A
private key is written once and stays; renewing replaces one certificate file by one rename, so that a kill at any moment leaves a pair
that fits. A request for a certificate that is missing, foreign, revoked, of another name or with less than a third of its life left
issues a new one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID, ObjectIdentifier

from kernel.clock import Clock
from kernel.http.tls import TlsIdentity
from sandbox.atomic_file import PUBLIC, SECRET, write_atomically
from sandbox.authority.qualified import STATEMENTS, Purpose, Role, render_statements
from sandbox.authority.revocations import Revocations

CA_LIFETIME = timedelta(days=3650)
LEAF_LIFETIME = timedelta(days=90)
SKEW = timedelta(minutes=5)  # a certificate is valid a little before it is made: other clocks may be behind
RSA_BITS = 2048
_SAID = (ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE, ExtensionOID.SUBJECT_ALTERNATIVE_NAME, STATEMENTS)

T = TypeVar("T")
KeyKind = Literal["EC", "RSA"]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, kw_only=True)
class TransportSubject:
    """The subject of a transport or seal certificate. `organisation_id` is the organizationIdentifier, `PSDGB-FCA-123456`; without
    roles the certificate is not a qualified one."""

    software_id: str
    organisation_name: str
    organisation_id: str
    dns: tuple[str, ...] = ()
    country: str = "GB"
    roles: tuple[Role, ...] = ()

    def name(self) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, self.country),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.organisation_name),
                x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, self.organisation_id),
                x509.NameAttribute(NameOID.COMMON_NAME, self.software_id),
            ]
        )


@dataclass(frozen=True)
class _Leaf:
    """The content that a certificate of ours must have. It is compared with the file on disk."""

    subject: x509.Name
    names: tuple[x509.GeneralName, ...]
    purposes: tuple[ObjectIdentifier, ...]
    usage: x509.KeyUsage = field(default_factory=lambda: _usage(digital_signature=True))
    statements: x509.UnrecognizedExtension | None = None

    def extensions(self) -> tuple[tuple[x509.ExtensionType, bool], ...]:
        """The extensions, each with its critical flag."""
        said: list[tuple[x509.ExtensionType, bool]] = [(self.usage, True)]
        if self.purposes:
            said.append((x509.ExtendedKeyUsage(self.purposes), False))
        if self.names:
            said.append((x509.SubjectAlternativeName(self.names), False))
        if self.statements is not None:
            said.append((self.statements, False))
        return tuple(said)

    def is_said_by(self, certificate: x509.Certificate) -> bool:
        known = {(extension.value, extension.critical) for extension in certificate.extensions if extension.oid in _SAID}
        return certificate.subject == self.subject and known == set(self.extensions())


class TestPki:
    """One authority in one folder: `ca.pem`, `ca.key`, and the server's certificates."""

    __test__ = False  # the name begins like a test's

    def __init__(self, directory: Path, clock: Clock, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._directory = directory
        self._clock = clock
        self._key = key
        self._certificate = certificate
        self._revocations = Revocations(directory / "crl.pem", certificate, key, clock)

    @classmethod
    def open(cls, directory: Path, clock: Clock) -> "TestPki":
        """Load the authority of `directory`, or found it. Its certificate renews itself under the same key and name, so that
        certificates issued before still chain to it."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = _ensure_key(directory / "ca.key", "EC")
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        certificate = _load_certificate(directory / "ca.pem")
        if certificate is None or not _is_fresh(certificate, CA_LIFETIME, clock.wall()) or not _fits(certificate, key):
            certificate = _found(key, clock.wall())
            write_atomically(directory / "ca.pem", _pem(certificate), mode=PUBLIC)
        authority = cls(directory, clock, key, certificate)
        authority.ensure_crl()
        return authority

    @property
    def ca_path(self) -> Path:
        """The trust anchor, PEM."""
        return self._directory / "ca.pem"

    @property
    def crl_path(self) -> Path:
        """The revocation list, PEM."""
        return self._revocations.path

    def ensure_crl(self) -> None:
        """A revocation list that is valid for some days more."""
        self._revocations.ensure()

    def revoke(self, certificate: Path) -> x509.Certificate:
        """Put a certificate of ours on the revocation list; the certificate. Raises OSError or ValueError for a file that is none."""
        revoked = x509.load_pem_x509_certificate(certificate.read_bytes())
        self._revocations.add(revoked)
        return revoked

    def ensure_server(self, names: Sequence[str] = ("localhost", "127.0.0.1", "::1"), *, kind: KeyKind = "EC") -> TlsIdentity:
        """A server certificate for these host names and addresses. TLS 1.2 clients of FAPI 1 need an RSA one."""
        stem = "server" if kind == "EC" else "server-rsa"
        identity = TlsIdentity(self._directory / f"{stem}.pem", self._directory / f"{stem}.key")
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        # TLS 1.2 with an RSA key signs its ephemeral key too: digitalSignature is enough for ECDHE
        leaf = _Leaf(subject, tuple(map(_general_name, names)), (ExtendedKeyUsageOID.SERVER_AUTH,))
        self._ensure(identity.certificate, identity.key, leaf, kind)
        return identity

    def ensure_transport(self, certificate: Path, key: Path, subject: TransportSubject, *, kind: KeyKind = "EC") -> bool:
        """A client certificate at these paths. True if it was issued just now: tokens bound to the one before are then useless."""
        return self._ensure(certificate, key, _transport_leaf(subject), kind)

    def ensure_seal(self, certificate: Path, key: Path, subject: TransportSubject) -> bool:
        """A certificate for qualified seals at these paths, with an RSA key, as signatures in payment APIs want one."""
        return self._ensure(certificate, key, _seal_leaf(subject), "RSA")

    def issue_transport(
        self, subject: TransportSubject, key: PrivateKey, *, not_before: datetime | None = None, not_after: datetime | None = None
    ) -> bytes:
        """A client certificate (PEM) for a key of the caller's, with any dates: what is expired or not yet valid is tried with it."""
        return _pem(self._issue(_transport_leaf(subject), key.public_key(), not_before, not_after))

    def _ensure(self, path: Path, key_path: Path, leaf: _Leaf, kind: KeyKind) -> bool:
        key = _ensure_key(key_path, kind)
        certificate = _load_certificate(path)
        if certificate is not None and self._is_good(certificate, key, leaf):
            return False
        write_atomically(path, _pem(self._issue(leaf, key.public_key())), mode=PUBLIC)
        return True

    def _is_good(self, certificate: x509.Certificate, key: PrivateKey, leaf: _Leaf) -> bool:
        return (
            _is_fresh(certificate, LEAF_LIFETIME, self._clock.wall())
            and _fits(certificate, key)
            and leaf.is_said_by(certificate)
            and self._is_ours(certificate)
            and not self._revocations.has(certificate)
        )

    def _is_ours(self, certificate: x509.Certificate) -> bool:
        try:
            certificate.verify_directly_issued_by(self._certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    def _issue(
        self,
        leaf: _Leaf,
        public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> x509.Certificate:
        now = self._clock.wall()
        builder = (
            x509.CertificateBuilder()
            .subject_name(leaf.subject)
            .issuer_name(self._certificate.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(not_before or now - SKEW)
            .not_valid_after(not_after or now + LEAF_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        for extension, critical in leaf.extensions():
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self._key, hashes.SHA256())


def generate_key(kind: KeyKind = "EC") -> PrivateKey:
    """A new P-256 or RSA-2048 key."""
    return ec.generate_private_key(ec.SECP256R1()) if kind == "EC" else rsa.generate_private_key(65537, RSA_BITS)


def key_pem(key: PrivateKey) -> bytes:
    """PKCS #8, unencrypted: the file's mode protects it."""
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _found(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Portcullis test directory"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Portcullis test CA"),
        ]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _transport_leaf(subject: TransportSubject) -> _Leaf:
    """ETSI EN 319 412-4 section 4: a website's certificate, which its holder also shows as a client."""
    return _Leaf(
        subject.name(),
        tuple(x509.DNSName(dns) for dns in subject.dns),
        (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH),
        statements=_statements("website", subject),
    )


def _seal_leaf(subject: TransportSubject) -> _Leaf:
    """ETSI EN 319 412-3 section 4: a legal person's, for signatures and nothing else."""
    usage = _usage(digital_signature=True, content_commitment=True)
    return _Leaf(subject.name(), (), (), usage, _statements("seal", subject))


def _statements(purpose: Purpose, subject: TransportSubject) -> x509.UnrecognizedExtension | None:
    return render_statements(purpose, subject.roles, subject.organisation_id) if subject.roles else None


def _usage(
    *, digital_signature: bool = False, content_commitment: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _is_fresh(certificate: x509.Certificate, lifetime: timedelta, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc - lifetime / 3


def _fits(certificate: x509.Certificate, key: PrivateKey) -> bool:
    return certificate.public_key() == key.public_key()


def _ensure_key(path: Path, kind: KeyKind) -> PrivateKey:
    key = _read(path, lambda pem: serialization.load_pem_private_key(pem, password=None))
    if isinstance(key, ec.EllipticCurvePrivateKey if kind == "EC" else rsa.RSAPrivateKey):
        return key
    made = generate_key(kind)
    write_atomically(path, key_pem(made), mode=SECRET)
    return made


def _load_certificate(path: Path) -> x509.Certificate | None:
    return _read(path, x509.load_pem_x509_certificate)


def _read(path: Path, parse: Callable[[bytes], T]) -> T | None:
    try:
        return parse(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None  # absent, or not written by us: a new one is made


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
