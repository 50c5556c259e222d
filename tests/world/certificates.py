"""Certificates as a listener reads them, each with a key of its own."""

import hashlib
from datetime import timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kernel.certificates.certificate import Certificate
from tests.world.brands import START
from tests.world.keys import b64


@lru_cache
def _der(name: str) -> bytes:
    key, named = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder(issuer_name=named, subject_name=named, public_key=key.public_key(), serial_number=1)
    dated = made.not_valid_before(START - timedelta(days=1)).not_valid_after(START + timedelta(days=365))
    return dated.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def certificate(name: str) -> Certificate:
    der = _der(name)
    return Certificate(
        der=der,
        thumbprint=b64(hashlib.sha256(der).digest()),
        subject_dn=f"CN={name}",
        organisation_id=None,
        not_before=START - timedelta(days=1),
        not_after=START + timedelta(days=365),
        serial=1,
        issuer_dn="CN=ca",
    )
