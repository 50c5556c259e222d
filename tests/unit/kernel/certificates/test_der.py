"""kernel/certificates/der.py: what is read, and that nothing else is, whatever the bytes."""

import pytest
from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st

from kernel.certificates.der import (
    OBJECT_IDENTIFIER,
    SEQUENCE,
    UTF8_STRING,
    DerInvalid,
    identifier_of,
    read_elements,
    read_only,
    text_of,
)


def test_reads_elements_one_after_another():
    assert read_elements(bytes.fromhex("0c0161 3003020105 0500"), 3) == (
        (UTF8_STRING, b"a"),
        (SEQUENCE, bytes.fromhex("020105")),
        (0x05, b""),
    )
    assert read_elements(b"", 3) == ()


@pytest.mark.spec("X690-10.1")
@pytest.mark.parametrize(
    "content",
    [
        "30",  # no length
        "3080020105 0000",  # indefinite length
        "308100",  # a length that one octet would have held
        "30817f" + "00" * 127,
        "30820080" + "00" * 128,
        "3084ffffffff",  # four gigabytes to come
        "3003020105 00",  # something left over
        "3004020105",  # cut short
        "1f8101 0100",  # a tag of several octets
        "ff",
    ],
)
@pytest.mark.spec("X690-8")
def test_refuses_what_der_does_not_allow(content):
    with pytest.raises(DerInvalid):
        read_only(bytes.fromhex(content), SEQUENCE)


def test_refuses_more_elements_than_expected_nothing_and_another_kind():
    for content in ("30003000", "", "0500"):
        with pytest.raises(DerInvalid):
            read_only(bytes.fromhex(content), SEQUENCE)
    with pytest.raises(DerInvalid):
        read_elements(bytes.fromhex("0500" * 4), 3)


@pytest.mark.parametrize(
    "dotted", ["0.4.0.19495.2", "1.3.6.1.5.5.7.1.3", "2.5.4.97", "2.999.3", "0.39", "1.0", "2.100.4294967295"]
)
def test_identifiers_read_as_a_library_writes_them(dotted):
    (element,) = read_elements(asn1.encode_der(ObjectIdentifier(dotted)), 1)
    assert identifier_of(element) == dotted


@pytest.mark.parametrize("content", ["", "80", "8001", "2a80", "2a8001", "2a86", "2affffffffff7f"])
def test_refuses_identifiers_that_are_padded_cut_or_endless(content):
    with pytest.raises(DerInvalid):
        identifier_of((OBJECT_IDENTIFIER, bytes.fromhex(content)))


@pytest.mark.parametrize("content", [b"", b"\xff", b"a\x00b", b"a\nb", b"\xc0\x80", b"a" * 257, "\u202e".encode()])
def test_refuses_texts_that_are_empty_endless_unprintable_or_not_utf_8(content):
    with pytest.raises(DerInvalid):
        text_of((UTF8_STRING, content), 256)


@given(st.binary(max_size=300))
def test_any_bytes_are_elements_or_a_refusal(content):
    try:
        elements = read_elements(content, 64)
    except DerInvalid:
        return
    assert sum(2 + len(inner) for _, inner in elements) <= len(content)
    for element in elements:
        for reader in (identifier_of, lambda each: text_of(each, 256)):
            try:
                reader(element)
            except DerInvalid:
                continue


@given(st.lists(st.text(st.characters(categories=("L", "N")), min_size=1, max_size=200), max_size=5))
def test_what_a_library_writes_is_read_back(texts):
    written = b"".join(asn1.encode_der(text) for text in texts)
    assert [text_of(element, 200) for element in read_elements(written, 5)] == texts
