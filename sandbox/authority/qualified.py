"""The statements of a qualified certificate, as a trust service provider writes them: what it is for, and its holder's roles.

RFC 3739 section 3.2.6, ETSI EN 319 412-5 section 4.2, ETSI TS 119 495 section 5.1. Written by a library and read by our own reader
(`kernel/certificates/qualified.py`), so that neither is proven with itself.
"""

from collections.abc import Sequence
from typing import Literal

from cryptography import x509
from cryptography.hazmat import asn1

Role = Literal["AISP", "PISP", "CBPII"]
Purpose = Literal["website", "seal"]

STATEMENTS = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")
COMPLIANCE = x509.ObjectIdentifier("0.4.0.1862.1.1")
TYPE = x509.ObjectIdentifier("0.4.0.1862.1.6")
PAYMENT_SERVICES = x509.ObjectIdentifier("0.4.0.19495.2")
PURPOSES = {
    "seal": x509.ObjectIdentifier("0.4.0.1862.1.6.2"),
    "website": x509.ObjectIdentifier("0.4.0.1862.1.6.3"),
}
ROLES = {
    "PISP": (x509.ObjectIdentifier("0.4.0.19495.1.2"), "PSP_PI"),
    "AISP": (x509.ObjectIdentifier("0.4.0.19495.1.3"), "PSP_AI"),
    "CBPII": (x509.ObjectIdentifier("0.4.0.19495.1.4"), "PSP_IC"),
}
AUTHORITY_NAME = "Test Conduct Authority"


@asn1.sequence
class _Compliance:
    statement: x509.ObjectIdentifier


@asn1.sequence
class _Type:
    statement: x509.ObjectIdentifier
    purposes: list[x509.ObjectIdentifier]


@asn1.sequence
class _Role:
    identifier: x509.ObjectIdentifier
    name: str


@asn1.sequence
class _Provider:
    roles: list[_Role]
    authority_name: str
    authority_id: str


@asn1.sequence
class _PaymentServices:
    statement: x509.ObjectIdentifier
    provider: _Provider


@asn1.sequence
class _Statements:
    compliance: _Compliance
    type: _Type
    payment_services: _PaymentServices


def render_statements(purpose: Purpose, roles: Sequence[Role], organisation_id: str) -> x509.UnrecognizedExtension:
    """The extension, for the holder of `PSDGB-FCA-123456`: the authority's id is a part of its identifier."""
    scheme, authority, _ = organisation_id.split("-", 2)
    listed = [_Role(identifier=identifier, name=name) for identifier, name in (ROLES[role] for role in roles)]
    provider = _Provider(roles=listed, authority_name=AUTHORITY_NAME, authority_id=f"{scheme[3:]}-{authority}")
    statements = _Statements(
        compliance=_Compliance(statement=COMPLIANCE),
        type=_Type(statement=TYPE, purposes=[PURPOSES[purpose]]),
        payment_services=_PaymentServices(statement=PAYMENT_SERVICES, provider=provider),
    )
    return x509.UnrecognizedExtension(STATEMENTS, asn1.encode_der(statements))
