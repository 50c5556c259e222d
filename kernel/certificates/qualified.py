"""What a qualified certificate states of its holder: what it is for, and what kind of payment service provider the holder is.

RFC 3739 section 3.2.6 (QCStatements), ETSI EN 319 412-5 section 4.2.3 (QcType), ETSI TS 119 495 section 5.1 (roles, competent
authority). A role counts only under its own identifier and its own name; what contradicts itself makes the whole certificate
unacceptable, because nobody may choose what it means.
"""

from dataclasses import dataclass
from enum import StrEnum

from kernel.access import Role
from kernel.certificates.der import SEQUENCE, DerInvalid, Element, content_of, identifier_of, read_elements, read_only, text_of

STATEMENTS_OID = "1.3.6.1.5.5.7.1.3"
STATEMENTS_MAX = 32
ROLES_MAX = 16
NAME_CHARACTERS_MAX = 256

_COMPLIANCE = "0.4.0.1862.1.1"
_TYPE = "0.4.0.1862.1.6"
_PAYMENT_SERVICES = "0.4.0.19495.2"


class Purpose(StrEnum):
    """What a qualified certificate is for: electronic signatures, seals (QSealC) or websites (QWAC)."""

    SIGNATURE = "0.4.0.1862.1.6.1"
    SEAL = "0.4.0.1862.1.6.2"
    WEBSITE = "0.4.0.1862.1.6.3"


class ProviderRole(StrEnum):
    """What a payment service provider is authorised for, as its certificate calls it."""

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
# Servicing accounts lets nobody reach into another's: a bank that acts as a TPP holds the TPP's roles beside it.
_OPENS = {
    ProviderRole.ACCOUNT_INFORMATION: Role.AISP,
    ProviderRole.PAYMENT_INITIATION: Role.PISP,
    ProviderRole.CARD_INSTRUMENTS: Role.CBPII,
}


@dataclass(frozen=True, slots=True)
class Provider:
    """A payment service provider as its competent authority knows it: `authority_id` is `GB-FCA`."""

    roles: frozenset[ProviderRole]
    authority_name: str
    authority_id: str

    def opens(self) -> frozenset[Role]:
        """What the provider may do to other banks' accounts."""
        return frozenset(_OPENS[role] for role in self.roles if role in _OPENS)


@dataclass(frozen=True, slots=True)
class Qualified:
    """The statements of one certificate; of one that has none, nothing is said."""

    compliant: bool = False  # states that it is qualified under the EU's regulation
    purposes: frozenset[Purpose] = frozenset()
    provider: Provider | None = None


UNQUALIFIED = Qualified()


def parse_statements(extension: bytes) -> Qualified:
    """The value of the QCStatements extension. Statements that we do not know are passed over. Raises DerInvalid."""
    compliant, purposes, providers = False, frozenset[Purpose](), list[Provider]()
    known: set[str] = set()
    for statement in read_elements(read_only(extension, SEQUENCE), STATEMENTS_MAX):
        members = read_elements(content_of(statement, SEQUENCE), 2)
        if not members:
            raise DerInvalid("a statement that states nothing")
        name = identifier_of(members[0])
        if name in known:
            raise DerInvalid(f"{name} is stated twice")
        known.add(name)
        if name == _COMPLIANCE:
            compliant = True
        elif name == _TYPE:
            purposes = _parse_purposes(_info(members))
        elif name == _PAYMENT_SERVICES:
            providers.append(_parse_provider(_info(members)))
    return Qualified(compliant, purposes, providers[0] if providers else None)


def _info(members: tuple[Element, ...]) -> bytes:
    if len(members) != 2:
        raise DerInvalid("a statement without what it states")
    return content_of(members[1], SEQUENCE)


def _parse_purposes(content: bytes) -> frozenset[Purpose]:
    identifiers = {identifier_of(element) for element in read_elements(content, STATEMENTS_MAX)}
    return frozenset(purpose for purpose in Purpose if purpose in identifiers)


def _parse_provider(content: bytes) -> Provider:
    members = read_elements(content, 3)
    if len(members) != 3:
        raise DerInvalid("roles, name and id of the authority are needed")
    listed = read_elements(content_of(members[0], SEQUENCE), ROLES_MAX)
    roles = [_parse_role(content_of(element, SEQUENCE)) for element in listed]
    return Provider(
        frozenset(role for role in roles if role is not None),
        text_of(members[1], NAME_CHARACTERS_MAX),
        text_of(members[2], NAME_CHARACTERS_MAX),
    )


def _parse_role(content: bytes) -> ProviderRole | None:
    """None for a role that we do not know: it opens nothing."""
    members = read_elements(content, 2)
    if len(members) != 2:
        raise DerInvalid("a role has an identifier and a name")
    role = _ROLES.get(identifier_of(members[0]))
    name = text_of(members[1], NAME_CHARACTERS_MAX)
    if role is None and name in _ROLES.values():
        raise DerInvalid(f"the name {name} under another identifier")
    if role is not None and name != role:
        raise DerInvalid(f"{role} under the name {name}")
    return role
