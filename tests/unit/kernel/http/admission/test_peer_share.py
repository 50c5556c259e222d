"""Limits per peer count an IPv6 site once, however many addresses it uses, and an organisation once, however many certificates."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from kernel.certificates.certificate import Certificate, parse_certificate
from kernel.http.admission.peer_share import share_of, share_of_caller, share_of_certificate
from sandbox.authority.pki import generate_key


@pytest.mark.spec("RFC6177")
def test_addresses_of_one_ipv6_site_share_one_limit():
    assert share_of("2001:db8:1:2::1") == share_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert share_of("2001:db8:1:3::1") != share_of("2001:db8:1:2::1")


def test_ipv4_counts_by_address_also_where_it_arrives_mapped():
    assert share_of("::ffff:192.0.2.7") == share_of("192.0.2.7") == "192.0.2.7"
    assert share_of("192.0.2.8") != share_of("192.0.2.7")


def test_a_scoped_address_counts_by_its_network():
    assert share_of("fe80::1%eth0") == "fe80::/64"


def test_what_is_no_address_is_returned_unchanged():
    assert share_of("") == ""
    assert share_of("unix:") == "unix:"


def named(**attributes: str) -> Certificate:
    key = generate_key()
    subject = x509.Name([x509.NameAttribute(getattr(NameOID, name), value) for name, value in attributes.items()])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
    return parse_certificate(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))


@pytest.mark.parametrize(
    ("attributes", "share"),
    [
        ({"ORGANIZATION_IDENTIFIER": "PSDGB-FCA-1", "ORGANIZATION_NAME": "Acme", "COMMON_NAME": "soft1"}, "PSDGB-FCA-1"),
        (
            {"ORGANIZATION_NAME": "OpenBanking", "ORGANIZATIONAL_UNIT_NAME": "0015800", "COMMON_NAME": "soft1"},
            "OU=0015800,O=OpenBanking",
        ),
        ({"ORGANIZATION_NAME": "Acme", "SERIAL_NUMBER": "7", "USER_ID": "soft1"}, "O=Acme"),
        ({"COMMON_NAME": "acme.example"}, "CN=acme.example"),
    ],
)
def test_a_certificate_counts_for_the_organisation_and_not_for_one_software(attributes, share):
    assert share_of_certificate(named(**attributes)) == share


def test_a_caller_counts_for_its_organisation_and_without_a_certificate_for_its_address():
    """For bodies as for connections: certificates without an organizationIdentifier have an organisation all the same."""
    one, other = named(ORGANIZATION_NAME="Acme", COMMON_NAME="soft1"), named(ORGANIZATION_NAME="Acme", COMMON_NAME="soft2")
    assert share_of_caller("192.0.2.1", one) == share_of_caller("192.0.2.2", other)
    assert share_of_caller("192.0.2.1", None) == "192.0.2.1"
    assert share_of_caller("192.0.2.1", named(ORGANIZATION_IDENTIFIER="192.0.2.1")) != "192.0.2.1"
