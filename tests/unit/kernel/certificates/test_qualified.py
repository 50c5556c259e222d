"""kernel/certificates/qualified.py: roles, purposes and authority as a qualified certificate states them, and every way of stating them wrongly."""

import pytest
from cryptography import x509
from cryptography.hazmat import asn1
from hypothesis import given
from hypothesis import strategies as st

from kernel.access import Role
from kernel.certificates.certificate import parse_certificate
from kernel.certificates.qualified import (
    ROLES_MAX,
    STATEMENTS_MAX,
    Provider,
    ProviderRole,
    Purpose,
    Qualified,
    StatementsInvalid,
    parse_statements,
)
from kernel.errors import CertificateInvalid
from sandbox.authority.qualified import render_statements
from tests.harness.authorities import Authority, der, stating

ORGANISATION = "PSDDE-BAFIN-123456"
ROOT = Authority.root()
WHOLE = render_statements("website", ("AISP", "PISP", "CBPII"), ORGANISATION).value


def sequence(*elements: bytes) -> bytes:
    content = b"".join(elements)
    assert len(content) < 1 << 16
    length = bytes([len(content)]) if len(content) < 0x80 else b"\x82" + len(content).to_bytes(2)
    if 0x80 <= len(content) < 0x100:
        length = b"\x81" + bytes([len(content)])
    return b"\x30" + length + content


def oid(dotted: str) -> bytes:
    return asn1.encode_der(x509.ObjectIdentifier(dotted))


def role(identifier: str = "0.4.0.19495.1.3", name: str = "PSP_AI") -> bytes:
    return sequence(oid(identifier), asn1.encode_der(name))


def provider(*roles: bytes, authority: tuple[bytes, ...] | None = None) -> bytes:
    named = authority or (asn1.encode_der("Authority"), asn1.encode_der("DE-BAFIN"))
    return sequence(oid("0.4.0.19495.2"), sequence(sequence(*roles), *named))


@pytest.mark.spec("ETSI-TS-119-495-5.1")
def test_reads_roles_authority_and_purpose_that_a_library_wrote():
    assert parse_statements(WHOLE) == Qualified(
        compliant=True,
        purposes=frozenset({Purpose.WEBSITE}),
        provider=Provider(
            frozenset({ProviderRole.ACCOUNT_INFORMATION, ProviderRole.PAYMENT_INITIATION, ProviderRole.CARD_INSTRUMENTS}),
            "Test Conduct Authority",
            "DE-BAFIN",
        ),
    )


@pytest.mark.spec("ETSI-TS-119-495-5.1")
@pytest.mark.spec("RFC3739-3.2.6", "ETSI-EN-319-412-5-4.2.3")
def test_reads_the_octets_of_the_standard():
    """Assembled by hand from the module of annex A: one role, PSP_AI."""
    octets = "3029 3027 0606040081982702 301d 3013 3011 0607040081982701 03 0c065053505f4149 0c0141 0c0342 2d43"
    assert parse_statements(bytes.fromhex(octets)).provider == Provider(frozenset({ProviderRole.ACCOUNT_INFORMATION}), "A", "B-C")


@pytest.mark.parametrize(
    ("name", "opens"),
    [("PSP_AS", frozenset()), ("PSP_PI", {Role.PISP}), ("PSP_AI", {Role.AISP}), ("PSP_IC", {Role.CBPII})],
)
def test_a_role_opens_one_service_and_servicing_accounts_opens_none(name, opens):
    stated = ProviderRole(name)
    identifier = f"0.4.0.19495.1.{1 + list(ProviderRole).index(stated)}"
    parsed = parse_statements(sequence(provider(role(identifier, name)))).provider
    assert parsed is not None
    assert parsed.roles == {stated}
    assert parsed.opens() == opens


def test_seals_are_distinguished_from_websites():
    seal = parse_statements(render_statements("seal", ("AISP",), ORGANISATION).value)
    assert seal.purposes == {Purpose.SEAL}


def test_an_unknown_role_opens_nothing():
    parsed = parse_statements(sequence(provider(role("0.4.0.19495.1.99", "PSP_XX")))).provider
    assert parsed is not None
    assert parsed.roles == parsed.opens() == frozenset()


def test_statements_of_other_kinds_are_passed_over():
    other = sequence(oid("0.4.0.1862.1.5"), sequence(b"\x02\x01\x05"))
    bare = sequence(oid("0.4.0.1862.1.4"))
    assert parse_statements(sequence(other, bare)) == Qualified()


@pytest.mark.parametrize(
    "statements",
    [
        b"",
        sequence(provider(role(name="PSP_PI"))),  # identifier and name disagree
        sequence(provider(role("0.4.0.19495.1.99", "PSP_PI"))),  # a known name under another identifier
        sequence(provider(role(), authority=(asn1.encode_der("Authority"),))),
        sequence(provider(role(), authority=(asn1.encode_der(""), asn1.encode_der("DE-BAFIN")))),
        sequence(provider(role(), authority=(asn1.encode_der("a" * 257), asn1.encode_der("DE-BAFIN")))),
        sequence(provider(role(), authority=(b"\x13\x01a", b"\x13\x01b"))),  # not UTF-8 strings
        sequence(provider(*[role()] * (ROLES_MAX + 1))),
        sequence(provider(role()), provider(role())),  # two truths
        sequence(provider(sequence(oid("0.4.0.19495.1.3")))),
        sequence(sequence(oid("0.4.0.19495.2"))),
        sequence(sequence()),
        sequence(sequence(oid("1.2.3"), sequence(), sequence())),  # more than a statement has
        sequence(*(sequence(oid(f"1.2.{number}")) for number in range(STATEMENTS_MAX + 1))),
        sequence(sequence(asn1.encode_der("0.4.0.19495.2"))),
        WHOLE + b"\x05\x00",
    ],
)
def test_refuses_statements_that_are_malformed_or_contradict_themselves(statements):
    with pytest.raises(StatementsInvalid):
        parse_statements(statements)


@pytest.mark.spec("X690-8", "X690-10.1")
@pytest.mark.parametrize(
    "octets",
    [
        "30",  # no length
        "3080 3004 06022a03 0000",  # indefinite length
        "308106 3004 06022a03",  # a length that one octet would have held
        "30820006 3004 06022a03",
        "3084ffffffff",  # four gigabytes to come
        "3006 3004 06022a03 00",  # something left over
        "3007 3004 06022a03",  # cut short
        "3006 3004 06028003",  # an identifier whose number is padded
        "3006 3004 06022a83",  # or cut short
        "3004 3002 0600",  # or missing
    ],
)
def test_refuses_what_der_does_not_allow(octets):
    assert parse_statements(bytes.fromhex("3006 3004 06022a03")) == Qualified()
    with pytest.raises(StatementsInvalid):
        parse_statements(bytes.fromhex(octets))


@pytest.mark.parametrize("name", [b"", b"\xff", b"a\x00b", b"a\nb", b"\xc0\x80", "\u202e".encode()])
def test_refuses_names_that_are_empty_unprintable_or_not_utf_8(name):
    written = bytes((0x0C, len(name))) + name
    for authority in ((written, asn1.encode_der("DE-BAFIN")), (asn1.encode_der("Authority"), written)):
        with pytest.raises(StatementsInvalid):
            parse_statements(sequence(provider(role(), authority=authority)))
    with pytest.raises(StatementsInvalid):
        parse_statements(sequence(provider(sequence(oid("0.4.0.19495.1.99"), written))))


@given(st.data())
def test_altered_statements_are_read_or_refused(data):
    octets = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        parsed = parse_statements(bytes(octets[: data.draw(st.integers(1, len(octets)))]))
    except StatementsInvalid:
        return
    assert parsed.provider is None or parsed.provider.opens() <= set(Role)


@given(st.binary(max_size=200))
def test_any_bytes_are_statements_or_a_refusal(content):
    try:
        assert isinstance(parse_statements(content), Qualified)
    except StatementsInvalid:
        return


def test_a_certificate_brings_its_statements_along():
    parsed = parse_certificate(der(ROOT.issue(extensions=[stating(roles=("PISP",))])))
    assert parsed.qualified.provider is not None
    assert parsed.qualified.provider.opens() == {Role.PISP}
    assert parse_certificate(der(ROOT.issue())).qualified == Qualified()


def test_a_certificate_that_states_nonsense_is_no_certificate():
    broken = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3"), sequence(provider(role(name="PSP_PI"))))
    with pytest.raises(CertificateInvalid, match="PSP_AI under the name PSP_PI"):
        parse_certificate(der(ROOT.issue(extensions=[(broken, False)])))
