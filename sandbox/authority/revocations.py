"""The test authority's revocation list: one file, `crl.pem`, that is all it remembers of what it revoked. RFC 5280 section 5."""

import threading
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kernel.clock import Clock
from sandbox.atomic_file import PUBLIC, write_atomically

LIFETIME = timedelta(days=7)
SKEW = timedelta(minutes=5)


class Revocations:
    """Signed with the authority's key, under its name; a list of another hand counts as none."""

    def __init__(self, path: Path, issuer: x509.Certificate, key: ec.EllipticCurvePrivateKey, clock: Clock) -> None:
        self.path = path
        self._issuer = issuer
        self._key = key
        self._clock = clock
        self._writing = threading.Lock()  # read and written again as one: no entry gets lost between two threads

    def ensure(self) -> None:
        """A list that is valid for some days more."""
        with self._writing:
            known = self._load()
            if known is None or not self._is_fresh(known):
                self._write(list(known or ()))

    def add(self, certificate: x509.Certificate) -> None:
        """Revoke it. Nothing changes if it was revoked before."""
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(certificate.serial_number)
            .revocation_date(self._clock.wall())
            .add_extension(x509.CRLReason(x509.ReasonFlags.superseded), critical=False)
            .build()
        )
        with self._writing:
            if not self.has(certificate):
                self._write([*(self._load() or ()), entry])

    def has(self, certificate: x509.Certificate) -> bool:
        known = self._load()
        return known is not None and known.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None

    def _load(self) -> x509.CertificateRevocationList | None:
        try:
            known = x509.load_pem_x509_crl(self.path.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        is_ours = known.issuer == self._issuer.subject and known.is_signature_valid(self._key.public_key())
        return known if is_ours else None

    def _is_fresh(self, known: x509.CertificateRevocationList) -> bool:
        ends: datetime | None = known.next_update_utc
        now = self._clock.wall()
        return ends is not None and known.last_update_utc <= now <= ends - LIFETIME / 3

    def _write(self, entries: list[x509.RevokedCertificate]) -> None:
        now = self._clock.wall()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._issuer.subject)
            .last_update(now - SKEW)
            .next_update(now + LIFETIME)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), critical=False)
        )
        for entry in entries:
            builder = builder.add_revoked_certificate(entry)
        signed = builder.sign(self._key, hashes.SHA256())
        write_atomically(self.path, signed.public_bytes(serialization.Encoding.PEM), mode=PUBLIC)
