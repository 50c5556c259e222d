"""The caller, in words that gateway and authorization server share: caller, client, token family, access token."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

import msgspec

from kernel.banking.consents import ConsentKind


class Grant(StrEnum):
    """The way a token was obtained: with the client's own authority, or with a PSU's."""

    CLIENT_CREDENTIALS = "client_credentials"
    AUTHORIZATION_CODE = "authorization_code"


class Role(StrEnum):
    """A role that a TPP is authorised for: account information, payment initiation, card-based funds checks."""

    AISP = "AISP"
    PISP = "PISP"
    CBPII = "CBPII"


# What a TPP needs to be for each kind of consent. Commission Delegated Regulation (EU) 2018/389 article 34.
ROLES: Mapping[ConsentKind, Role] = MappingProxyType(
    {
        ConsentKind.ACCOUNTS: Role.AISP,
        ConsentKind.PAYMENT: Role.PISP,
        ConsentKind.SCHEDULED: Role.PISP,
        ConsentKind.STANDING_ORDER: Role.PISP,
        ConsentKind.FILE: Role.PISP,
        ConsentKind.INTERNATIONAL: Role.PISP,
        ConsentKind.INTERNATIONAL_SCHEDULED: Role.PISP,
        ConsentKind.INTERNATIONAL_STANDING_ORDER: Role.PISP,
        ConsentKind.VRP: Role.PISP,
        ConsentKind.FUNDS: Role.CBPII,
    }
)


class Confirmation(msgspec.Struct, frozen=True):
    """The key that a token is bound to, as its `cnf` claim names it (RFC 7800): the thumbprint of a certificate (RFC 8705 section 3.1)
    or of the key that signs DPoP proofs (RFC 9449 section 6.1)."""

    method: Literal["x5t#S256", "jkt"]
    value: str


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The caller: an organisation, by one of its clients or by its certificate alone. A token proves it, or a qualified certificate."""

    organisation_id: str
    name: str  # what a PSU is shown
    roles: frozenset[Role]
    client_id: str | None = None  # None: known by its certificate
    family_id: str | None = None  # of a token that a PSU's authorisation stands behind
    bound_to: Confirmation | None = None  # the key or certificate that the call was shown to hold

    @property
    def id(self) -> str:
        """The client where there is one: limits, records and page links are its own, and not its organisation's."""
        return f"organisation:{self.organisation_id}" if self.client_id is None else self.client_id

    @property
    def actor(self) -> str:
        """As the journal names it."""
        return self.id if self.client_id is None else f"client:{self.client_id}"


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """The members that gateway and policies read of one version of a registered OAuth client. The authorization server knows the rest
    (consent/authorization/clients/client.py)."""

    id: str
    version: int
    active: bool
    name: str  # what a PSU is shown
    organisation_id: str
    roles: frozenset[Role]


class FamilyState(StrEnum):
    ACTIVE = "active"
    ENDED = "ended"


class TokenFamily(msgspec.Struct, frozen=True, kw_only=True):
    """All tokens that grew from one authorisation. Ending the family ends them all."""

    id: str
    brand: str
    version: int
    client_id: str
    consent_id: str
    psu_id: str
    state: FamilyState
    scope: tuple[str, ...]
    is_detailed: bool = False  # asked for by authorization_details (RFC 9396)
    userinfo_claims: tuple[str, ...] = ()  # that its request asked of userinfo


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """A verified RFC 9068 access token. `family_id` and `consent_id` are None under client credentials."""

    jti: str
    client_id: str
    subject: str
    scope: frozenset[str]
    grant: Grant
    expires_at: datetime
    confirmation: Confirmation
    family_id: str | None = None
    consent_id: str | None = None
    audience: tuple[str, ...] = ()  # whom it is meant for: the brand's API, or parts of it
