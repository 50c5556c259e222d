"""What the authorization server says about a caller, in words that the gateway shares: client, token family, access token."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from kernel.banking.consents import ConsentKind


class Grant(StrEnum):
    """How a token was obtained: with the client's own authority, or with a PSU's."""

    CLIENT_CREDENTIALS = "client_credentials"
    AUTHORIZATION_CODE = "authorization_code"


class SecurityProfile(StrEnum):
    FAPI2_SECURITY = "fapi2-security"
    FAPI2_MESSAGE_SIGNING = "fapi2-message-signing"
    FAPI1_ADVANCED = "fapi1-advanced"


class Role(StrEnum):
    """What a TPP is authorised for: account information, payment initiation, card-based funds checks."""

    AISP = "AISP"
    PISP = "PISP"
    CBPII = "CBPII"


# What a TPP needs to be for each kind of consent. Commission Delegated Regulation (EU) 2018/389 article 34.
ROLES: Mapping[ConsentKind, Role] = MappingProxyType(
    {
        ConsentKind.ACCOUNTS: Role.AISP,
        ConsentKind.PAYMENT: Role.PISP,
        ConsentKind.VRP: Role.PISP,
        ConsentKind.FUNDS: Role.CBPII,
    }
)

AuthMethod = Literal["private_key_jwt", "tls_client_auth"]


class CertificateSubject(msgspec.Struct, frozen=True):
    """The one name that the certificate of a tls_client_auth client must carry. RFC 8705 section 2.1.2."""

    kind: Literal["subject_dn", "san_dns", "san_uri", "san_ip", "san_email"]
    value: str


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """How a client registered itself (RFC 7591): the hash of its registration access token, the software statement, the claims of a
    signed request that every answer repeats, and how long ago the directory's keys were confirmed then."""

    token_hash: str
    statement: str
    claims: dict[str, Any]
    directory_stale_seconds: int = 0


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a registered OAuth client (RFC 7591 names where they exist). `jwks` holds public keys only."""

    id: str
    brand: str
    version: int
    active: bool
    name: str  # what a PSU is shown
    organisation_id: str
    organisation_name: str
    software_id: str
    on_behalf_of: str = ""  # whom the client acts for as an agent, as a PSU is told
    roles: frozenset[Role]
    security_profile: SecurityProfile
    token_endpoint_auth_method: AuthMethod
    token_endpoint_auth_signing_alg: str
    sender_constraint: Literal["mtls", "dpop"]
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    grant_types: frozenset[str]
    jwks: dict[str, list[dict[str, str]]]  # empty where jwks_uri says
    jwks_uri: str | None = None
    tls_client_auth: CertificateSubject | None = None
    id_token_signed_response_alg: str = "PS256"
    userinfo_signed_response_alg: str | None = None  # None: not signed
    introspection_signed_response_alg: str = "PS256"  # of an answer that is asked for signed
    id_token_encrypted_response_alg: str | None = None  # None: signed only
    id_token_encrypted_response_enc: str | None = None
    request_object_signing_alg: str | None = None  # None: any of its profile for which the client has a key
    response_types: frozenset[str] = frozenset({"code"})
    authorization_signed_response_alg: str | None = None  # None: the client asks for no signed response
    authorization_encrypted_response_alg: str | None = None
    authorization_encrypted_response_enc: str | None = None
    default_permissions: frozenset[str] = frozenset()  # account-information default when a request names no consent
    registration: Registration | None = None  # None: by the bank's own hand
    authorization_details_types: frozenset[str] = frozenset()  # that it may use (RFC 9396 section 10)
    token_exchange_audiences: frozenset[str] = frozenset()  # for which an internal client may exchange tokens (RFC 8693)
    backchannel_token_delivery_mode: Literal["poll", "ping"] | None = None  # None: the client asks no customer who is elsewhere
    backchannel_client_notification_endpoint: str | None = None  # of a client that is pinged
    backchannel_authentication_request_signing_alg: str | None = None  # None: any of FAPI-CIBA for which the client has a key
    created_at: datetime


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


class Confirmation(msgspec.Struct, frozen=True):
    """The key that a token is bound to, as its `cnf` claim names it (RFC 7800): the thumbprint of a certificate (RFC 8705 section 3.1)
    or of the key that signs DPoP proofs (RFC 9449 section 6.1)."""

    method: Literal["x5t#S256", "jkt"]
    value: str


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
