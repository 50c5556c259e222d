"""The statements of a qualified certificate: its purpose, and the roles of its holder as a payment service provider.

RFC 3739 section 3.2.6 (QCStatements), ETSI EN 319 412-5 section 4.2.3 (QcType), ETSI TS 119 495 section 5.1 (roles, competent
authority). A role counts only under its own identifier and its own name; what contradicts itself makes the whole certificate
unacceptable, because its meaning would be a guess. DER is read by `cryptography`, strictly.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeVar

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

from kernel.access import Role

STATEMENTS_OID = "1.3.6.1.5.5.7.1.3"
STATEMENTS_MAX = 32  # qualified statements read of one certificate
ROLES_MAX = 16  # roles of one payment service provider in its certificate
NAME_CHARACTERS_MAX = 256  # of a role, and of an authority and its id

_COMPLIANCE = "0.4.0.1862.1.1"
_TYPE = "0.4.0.1862.1.6"
_PAYMENT_SERVICES = "0.4.0.19495.2"


class Purpose(StrEnum):
    """The purpose of a qualified certificate: electronic signatures, seals (QSealC) or websites (QWAC)."""

    SIGNATURE = "0.4.0.1862.1.6.1"
    SEAL = "0.4.0.1862.1.6.2"
    WEBSITE = "0.4.0.1862.1.6.3"


class ProviderRole(StrEnum):
    """A role of a payment service provider, as its certificate calls it."""

    ACCOUNT_SERVICING = "PSP_AS"
    PAYMENT_INITIATION = "PSP_PI"
    ACCOUNT_INFORMATION = "PSP_AI"
    CARD_INSTRUMENTS = "PSP_IC"


_ROLES = {
    "0.4.0.19495.1.1": ProviderRole.ACCOUNT_SERVICING,
    "0.4.0.19495.1.2": ProviderRole.PAYMENT_INITIATION,
    "0.4.0.19495.1.3": ProviderRole.ACCOUNT_INFORMATION,
    "0.4.0.19495.1.4": ProviderRole.CARD_INSTRUMENTS,
}
# Servicing accounts gives no access to those of other banks: a bank that acts as a TPP holds the TPP's roles too.
_OPENS = {
    ProviderRole.ACCOUNT_INFORMATION: Role.AISP,
    ProviderRole.PAYMENT_INITIATION: Role.PISP,
    ProviderRole.CARD_INSTRUMENTS: Role.CBPII,
}


class StatementsInvalid(ValueError):
    """The statements are no DER, another structure than the standards', or contradict themselves."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A payment service provider as its competent authority knows it: `authority_id` is `GB-FCA`."""

    roles: frozenset[ProviderRole]
    authority_name: str
    authority_id: str

    def opens(self) -> frozenset[Role]:
        """The roles that the provider has for accounts of other banks."""
        return frozenset(_OPENS[role] for role in self.roles if role in _OPENS)


@dataclass(frozen=True, slots=True)
class Qualified:
    """The statements of one certificate; of one that has none, nothing is said."""

    compliant: bool = False  # states that it is qualified under the EU's regulation
    purposes: frozenset[Purpose] = frozenset()
    provider: Provider | None = None


UNQUALIFIED = Qualified()


Name = Annotated[str, asn1.Size(min=1, max=NAME_CHARACTERS_MAX)]


@asn1.sequence
class _Statements:
    """QCStatements: each an identifier, and what it states where it states something."""

    statements: Annotated[list[Annotated[list[asn1.TLV], asn1.Size(min=1, max=2)]], asn1.Size(min=0, max=STATEMENTS_MAX)]


@asn1.sequence
class _Purposes:
    """QcType."""

    identifiers: Annotated[list[ObjectIdentifier], asn1.Size(min=0, max=STATEMENTS_MAX)]


@asn1.sequence
class _Role:
    """RoleOfPSP."""

    identifier: ObjectIdentifier
    name: Name


@asn1.sequence
class _PaymentServices:
    """PSD2QcType."""

    roles: Annotated[list[_Role], asn1.Size(min=0, max=ROLES_MAX)]
    authority_name: Name
    authority_id: Name


@asn1.sequence
class _Enclosed:
    value: asn1.TLV


Structure = TypeVar("Structure")


def parse_statements(extension: bytes) -> Qualified:
    """The value of the QCStatements extension. Statements that we do not know are passed over. Raises StatementsInvalid."""
    try:
        return _parse(_read_list(_Statements, asn1.decode_der(asn1.TLV, extension)).statements)
    except ValueError as error:  # the decoder's own, and ours
        raise StatementsInvalid(str(error)) from None


def _parse(statements: list[list[asn1.TLV]]) -> Qualified:
    stated: dict[str, asn1.TLV | None] = {}
    for name, *info in statements:
        identifier = name.parse(ObjectIdentifier).dotted_string
        if identifier in stated:
            raise StatementsInvalid(f"{identifier} is stated twice")
        stated[identifier] = info[0] if info else None
    purposes = _read_list(_Purposes, _info(stated[_TYPE])).identifiers if _TYPE in stated else []
    return Qualified(
        compliant=_COMPLIANCE in stated,
        purposes=frozenset(purpose for purpose in Purpose if ObjectIdentifier(purpose) in purposes),
        provider=_provider(_info(stated[_PAYMENT_SERVICES]).parse(_PaymentServices)) if _PAYMENT_SERVICES in stated else None,
    )


def _read_list(kind: type[Structure], value: asn1.TLV) -> Structure:
    """The decoder reads a SEQUENCE OF as a member of a structure alone: `kind` has it for its only one."""
    return asn1.decode_der(kind, asn1.encode_der(_Enclosed(value=value)))


def _info(stated: asn1.TLV | None) -> asn1.TLV:
    if stated is None:
        raise StatementsInvalid("a statement without what it states")
    return stated


def _provider(stated: _PaymentServices) -> Provider:
    roles = [_role(each.identifier.dotted_string, _printable(each.name)) for each in stated.roles]
    return Provider(
        frozenset(role for role in roles if role is not None),
        _printable(stated.authority_name),
        _printable(stated.authority_id),
    )


def _printable(text: str) -> str:
    if not text.isprintable():
        raise StatementsInvalid("an unprintable text")
    return text


def _role(identifier: str, name: str) -> ProviderRole | None:
    """None for a role that we do not know: it opens nothing."""
    role = _ROLES.get(identifier)
    if role is None and name in _ROLES.values():
        raise StatementsInvalid(f"the name {name} under another identifier")
    if role is not None and name != role:
        raise StatementsInvalid(f"{role} under the name {name}")
    return role
