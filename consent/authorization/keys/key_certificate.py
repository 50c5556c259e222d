"""The certificate of a key that signs answers: self-signed, so that a TPP that reads keys from `x5c` alone finds this one. RFC 7517 section 4.7.

It vouches for nothing: what counts is that the brand's own JWK Set shows it.
"""

import base64
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509.oid import NameOID

from kernel.jose.jwt import JwtKey

VALID = timedelta(days=3650)  # longer than any key is used
_BEFORE = timedelta(days=1)


def certify(key: JwtKey, brand: str, now: datetime) -> str:
    """A certificate over the key, as a member of `x5c` (base64 of its DER form). The key is an RSA key with its private half."""
    private = key.key.private_key
    assert isinstance(private, RSAPrivateKey)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{brand} {key.kid}"[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - _BEFORE)
        .not_valid_after(now.astimezone(UTC) + VALID)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(private, hashes.SHA256())
    )
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
