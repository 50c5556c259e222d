"""Does a certificate name the subject that a client registered? RFC 8705 section 2.1.2: one expected name, of one kind.

Distinguished names are compared attribute by attribute, in order (RFC 5280 section 7.1), not as text: one name has many spellings.
"""

import ipaddress
import re
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat import asn1

from consent.authorization.clients.client import CertificateSubject
from kernel.certificates.certificate import Certificate
from kernel.errors import FieldInvalid

NAME_CHARS_MAX = 1024  # of the subject that a client registers
CACHE_MAX = 4096  # parsed names kept, of registrations and of certificates each
_PIECES = re.compile(r"[,+]|(?:\\.|[^\\,+])+")  # of a name: separators, and the attributes between them
_SPACED = re.compile(r"^ *([0-9A-Za-z.-]+) *= *")  # the beginning of an attribute, as tools print it
_HEX_ATTRIBUTE = re.compile(r"([0-9A-Za-z.-]+=)#((?:[0-9A-Fa-f]{2})+)")
_ENCODINGS = {  # of the string types of X.520 that DER writes as text, by tag
    **dict.fromkeys(
        (b"\x0c", b"\x12", b"\x13", b"\x14", b"\x16", b"\x1a"), "utf-8"
    ),  # UTF8, Numeric, Printable, Teletex, IA5, Visible
    b"\x1c": "utf-32-be",  # Universal
    b"\x1e": "utf-16-be",  # BMP
}
_OIDS = {"organizationIdentifier": x509.NameOID.ORGANIZATION_IDENTIFIER, "jurisdictionC": x509.NameOID.JURISDICTION_COUNTRY_NAME}


def check_certificate_subject(subject: CertificateSubject) -> None:
    """Raises FieldInvalid for one that no certificate could have, with the metadata member's name as path."""
    member = f"tls_client_auth_{subject.kind}"
    if not 1 <= len(subject.value) <= NAME_CHARS_MAX or not subject.value.isprintable():
        raise FieldInvalid("empty, too long or not printable", path=member)
    try:
        if subject.kind == "subject_dn":
            _parse_name(subject.value)
        elif subject.kind == "san_ip":
            ipaddress.ip_address(subject.value)
    except ValueError:
        raise FieldInvalid("malformed", path=member) from None


def is_named_by(subject: CertificateSubject, certificate: Certificate) -> bool:
    return (subject.kind, _canonical(subject)) in _names_of(certificate.der)


def is_subject(text: str, certificate: Certificate) -> bool:
    """True for the subject of a certificate as text: from its end as RFC 4514 writes it, or from its beginning with spaces around the equals
    sign, as tools print it (`C = GB, O = Surgicon Limited, CN = 0015800001041RHAAY`)."""
    if not 1 <= len(text) <= NAME_CHARS_MAX or not text.isprintable():
        return False
    try:
        name = _parse_name("".join(_SPACED.sub(r"\1=", piece) for piece in _PIECES.findall(text)))
    except ValueError:
        return False
    spellings = (name, x509.Name(reversed(name.rdns)))
    return any(("subject_dn", spelling) in _names_of(certificate.der) for spelling in spellings)


def _canonical(subject: CertificateSubject) -> object:
    match subject.kind:
        case "subject_dn":
            return _parse_name(subject.value)
        case "san_dns":
            return subject.value.lower()
        case "san_ip":
            return ipaddress.ip_address(subject.value)
        case _:
            return subject.value


@lru_cache(maxsize=CACHE_MAX)
def _parse_name(text: str) -> x509.Name:
    """RFC 4514, and the spaces after a comma that RFC 2253 let people write. Raises ValueError."""
    pieces = _PIECES.findall(text)
    if "".join(pieces) != text:
        raise ValueError("a name that ends within an escape")
    return x509.Name.from_rfc4514_string("".join(map(_spell_out, pieces)), _OIDS)


def _spell_out(piece: str) -> str:
    """An attribute whose value is its DER in hex (RFC 4514 section 2.4), as software writes it that does not know the attribute, with
    the value as text; anything else as it is. Raises ValueError for a value that is no string."""
    piece = piece.lstrip(" ")
    found = _HEX_ATTRIBUTE.fullmatch(piece)
    if found is None:
        return piece
    value = asn1.decode_der(asn1.TLV, bytes.fromhex(found[2]))
    if value.tag_bytes not in _ENCODINGS:
        raise ValueError(f"a value of type {value.tag_bytes.hex()}")
    text = bytes(value.data).decode(_ENCODINGS[value.tag_bytes])
    return found[1] + "".join(f"\\{octet:02x}" for octet in text.encode())


@lru_cache(maxsize=CACHE_MAX)
def _names_of(der: bytes) -> frozenset[tuple[str, object]]:
    """Every name of a certificate that was parsed before, by the kinds of RFC 8705."""
    parsed = x509.load_der_x509_certificate(der)
    names: set[tuple[str, object]] = {("subject_dn", parsed.subject)}
    try:
        alternatives = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return frozenset(names)
    names |= {("san_dns", name.lower()) for name in alternatives.get_values_for_type(x509.DNSName)}
    names |= {("san_uri", name) for name in alternatives.get_values_for_type(x509.UniformResourceIdentifier)}
    names |= {("san_email", name) for name in alternatives.get_values_for_type(x509.RFC822Name)}
    names |= {("san_ip", address) for address in alternatives.get_values_for_type(x509.IPAddress)}
    return frozenset(names)
