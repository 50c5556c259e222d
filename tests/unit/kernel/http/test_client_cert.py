"""kernel/http/client_cert.py: whose word about a certificate counts, and what it must look like. RFC 9440."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from kernel.clock import SystemClock
from kernel.errors import CertificateInvalid
from kernel.http.client_cert import TrustedProxies, parse_client_cert, without_client_cert
from sandbox.authority import pki


@pytest.fixture(scope="module")
def ders(tmp_path_factory) -> tuple[bytes, bytes]:
    """A leaf and its issuer."""
    import ssl

    authority = pki.TestPki.open(tmp_path_factory.mktemp("pki"), SystemClock())
    subject = pki.TransportSubject(software_id="soft", organisation_name="Acme", organisation_id="PSDGB-FCA-1")
    leaf = authority.issue_transport(subject, pki.generate_key()).decode()
    return ssl.PEM_cert_to_DER_cert(leaf), ssl.PEM_cert_to_DER_cert(authority.ca_path.read_text())


def headers(*pairs: tuple[str, str]) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict(pairs))


def item(der: bytes) -> str:
    return f":{base64.b64encode(der).decode()}:"


@pytest.mark.spec("RFC9440-2.2")
@pytest.mark.spec("RFC8941-4.2.7")
def test_reads_the_certificate_a_proxy_vouches_for(ders):
    certificate = parse_client_cert(headers(("client-cert", item(ders[0]))))
    assert certificate is not None
    assert certificate.organisation_id == "PSDGB-FCA-1"
    assert certificate.issuers == ()


@pytest.mark.spec("RFC9440-2.3")
def test_reads_the_chain_over_several_lines(ders):
    chain = f"{item(ders[1])}, {item(ders[1])}"
    certificate = parse_client_cert(
        headers(("Client-Cert", item(ders[0])), ("Client-Cert-Chain", chain), ("Client-Cert-Chain", item(ders[1])))
    )
    assert certificate is not None
    assert [issuer.der for issuer in certificate.issuers] == [ders[1]] * 3


def test_no_header_means_no_certificate():
    assert parse_client_cert(headers()) is None


@pytest.mark.parametrize(
    "value",
    ["", "::", ":", ":!!!:", "MIIB", ":MIIB", ":MIIB:;a=1", ":AAAA:, :AAAA:", '"AAAA"', ":" + "A" * 60_000 + ":", ":äöü:"],
)
@pytest.mark.spec("RFC8941-4.2.7")
def test_refuses_what_is_no_byte_sequence_of_a_certificate(value):
    with pytest.raises(CertificateInvalid):
        parse_client_cert(headers(("Client-Cert", value)))


@given(st.text(max_size=60))
def test_never_fails_otherwise_than_by_refusing(value):
    with pytest.raises(CertificateInvalid):
        parse_client_cert(headers(("Client-Cert", value)))


def test_refuses_two_certificates(ders):
    with pytest.raises(CertificateInvalid):
        parse_client_cert(headers(("Client-Cert", item(ders[0])), ("Client-Cert", item(ders[0]))))


def test_refuses_a_chain_without_its_leaf_and_a_chain_without_end(ders):
    with pytest.raises(CertificateInvalid):
        parse_client_cert(headers(("Client-Cert-Chain", item(ders[1]))))
    with pytest.raises(CertificateInvalid):
        parse_client_cert(headers(("Client-Cert", item(ders[0])), ("Client-Cert-Chain", ",".join([item(ders[1])] * 11))))


@pytest.mark.spec("RFC9440-4")
def test_the_headers_are_taken_away_and_nothing_else():
    kept = without_client_cert(headers(("CLIENT-CERT", "a"), ("Client-Cert-Chain", "b"), ("Accept", "c"), ("accept", "d")))
    assert list(kept.items()) == [("Accept", "c"), ("accept", "d")]


@pytest.mark.parametrize(
    ("peer", "is_trusted"),
    [
        ("10.0.0.1", True),
        ("10.1.2.3", False),
        ("::ffff:10.0.0.1", True),
        ("192.0.2.77", True),
        ("::1", False),
        ("", False),
        ("x", False),
    ],
)
def test_only_configured_peers_are_trusted(peer, is_trusted):
    assert (peer in TrustedProxies.parse(["10.0.0.1", "192.0.2.0/24"])) is is_trusted


def test_no_proxy_is_trusted_unless_configured():
    assert "127.0.0.1" not in TrustedProxies()


@pytest.mark.parametrize("address", ["0.0.0.0/0", "::/0", "proxy.example", "10.0.0.1/8"])
def test_refuses_a_configuration_that_trusts_every_peer_or_none_that_exists(address):
    with pytest.raises(ValueError, match=r"network|address|host bits"):
        TrustedProxies.parse([address])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", ["6.6.6.6", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("10.0.0.1", [], ""),
        ("10.0.0.1", ["unknown"], ""),
        ("10.0.0.1", ["10.0.0.2"], ""),
    ],
)
def test_a_request_comes_from_whom_our_own_proxies_name_last(peer, forwarded, client):
    """What a caller wrote into the header itself stands before what a proxy added, and is not read."""
    headers = CIMultiDictProxy(CIMultiDict([("X-Forwarded-For", line) for line in forwarded]))
    assert TrustedProxies.parse(["10.0.0.0/8"]).client_behind(peer, headers) == client
