"""kernel/certificates/certificate.py: what is read from a certificate, and what is refused."""

import base64
import dataclasses
import hashlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from kernel.certificates.certificate import CERTIFICATE_BYTES_MAX, check_valid_at, parse_certificate, thumbprint_of
from kernel.errors import CertificateExpired, CertificateInvalid
from tests.harness.authorities import Authority, der, pointing_at, stating

START = datetime(2026, 11, 1, tzinfo=UTC)
END = datetime(2027, 1, 30, tzinfo=UTC)


def certificate(*subject: tuple[x509.ObjectIdentifier, str]) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    built = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(oid, value) for oid, value in subject]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An issuer")]))
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(START)
        .not_valid_after(END)
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.DER)


ACME = certificate(
    (NameOID.COUNTRY_NAME, "GB"), (NameOID.ORGANIZATION_IDENTIFIER, "PSDGB-FCA-123456"), (NameOID.COMMON_NAME, "software, one")
)

QWAC = der(Authority.root().issue(extensions=[stating(), pointing_at("http://crl.example/list")]))


def test_reads_who_it_names_and_when_it_is_valid():
    parsed = parse_certificate(ACME)
    assert parsed.organisation_id == "PSDGB-FCA-123456"
    assert parsed.subject_dn == r"CN=software\, one,organizationIdentifier=PSDGB-FCA-123456,C=GB"
    assert parsed.issuer_dn == "CN=An issuer"
    assert (parsed.not_before, parsed.not_after, parsed.serial) == (START, END, 4711)


@pytest.mark.spec("RFC8705-3.1")
def test_the_thumbprint_is_over_the_der_in_base64url_without_padding():
    expected = base64.urlsafe_b64encode(hashlib.sha256(ACME).digest()).decode().rstrip("=")
    assert parse_certificate(ACME).thumbprint == expected == thumbprint_of(ACME)


def test_a_certificate_is_parsed_once():
    assert parse_certificate(bytes(bytearray(ACME))) is parse_certificate(ACME)


def test_no_organisation_is_known_without_an_identifier():
    assert parse_certificate(certificate((NameOID.ORGANIZATION_NAME, "Acme Ltd"))).organisation_id is None


def test_two_identifiers_name_no_organisation():
    both = ((NameOID.ORGANIZATION_IDENTIFIER, "PSDGB-FCA-1"), (NameOID.ORGANIZATION_IDENTIFIER, "PSDGB-FCA-2"))
    assert parse_certificate(certificate(*both)).organisation_id is None


@pytest.mark.parametrize("at", [START, END, START + timedelta(days=1)])
def test_accepts_a_certificate_within_its_validity(at):
    check_valid_at(parse_certificate(ACME), at)


@pytest.mark.parametrize("at", [START - timedelta(seconds=1), END + timedelta(seconds=1)])
def test_refuses_a_certificate_outside_its_validity(at):
    with pytest.raises(CertificateExpired):
        check_valid_at(parse_certificate(ACME), at)


def test_refuses_a_certificate_whose_issuer_has_expired():
    leaf = parse_certificate(ACME)
    issuer = dataclasses.replace(leaf, not_after=START + timedelta(days=1))
    with pytest.raises(CertificateExpired):
        check_valid_at(dataclasses.replace(leaf, issuers=(issuer,)), START + timedelta(days=2))


@given(st.binary(max_size=200) | st.integers(0, len(ACME) - 1).map(lambda cut: ACME[:cut]))
def test_anything_but_a_certificate_is_refused(der):
    with pytest.raises(CertificateInvalid):
        parse_certificate(der)


@given(st.data())
def test_an_altered_certificate_is_read_or_refused(data):
    """OpenSSL may have read it already: we make a certificate or a refusal."""
    octets = bytearray(QWAC)
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    with suppress(CertificateInvalid):
        assert parse_certificate(bytes(octets)).der == bytes(octets)


def test_refuses_a_certificate_larger_than_any_real_one():
    with pytest.raises(CertificateInvalid):
        parse_certificate(ACME + b"\0" * CERTIFICATE_BYTES_MAX)
