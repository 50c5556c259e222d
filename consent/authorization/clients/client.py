"""A registered OAuth client, whole, in the names of RFC 7591 where they exist. The gateway reads less of it (kernel/access.py)."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from consent.authorization.offer.profiles import SecurityProfile
from kernel.access import Caller, Role

AuthMethod = Literal["private_key_jwt", "tls_client_auth"]


class CertificateSubject(msgspec.Struct, frozen=True):
    """The one name that the certificate of a tls_client_auth client must carry. RFC 8705 section 2.1.2."""

    kind: Literal["subject_dn", "san_dns", "san_uri", "san_ip", "san_email"]
    value: str


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """The registration of a client by itself (RFC 7591): the hash of its registration access token, the software statement, the claims of a
    signed request that every answer repeats, and how long ago the directory's keys were confirmed then."""

    token_hash: str
    statement: str
    claims: dict[str, Any]
    directory_stale_seconds: int = 0


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a registered client. `jwks` holds public keys only."""

    id: str
    brand: str
    version: int
    active: bool
    name: str  # what a PSU is shown
    organisation_id: str
    organisation_name: str
    software_id: str
    on_behalf_of: str = ""  # whom the client acts for as an agent, as PSUs see it
    roles: frozenset[Role]
    security_profile: SecurityProfile
    token_endpoint_auth_method: AuthMethod
    token_endpoint_auth_signing_alg: str
    sender_constraint: Literal["mtls", "dpop"]
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    grant_types: frozenset[str]
    jwks: dict[str, list[dict[str, Any]]]  # empty where jwks_uri says
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
    backchannel_token_delivery_mode: Literal["poll", "ping"] | None = None  # None: the client sends no backchannel requests
    backchannel_client_notification_endpoint: str | None = None  # of a client that is pinged
    backchannel_authentication_request_signing_alg: str | None = None  # None: any of FAPI-CIBA for which the client has a key
    created_at: datetime

    @property
    def caller(self) -> Caller:
        """The client as a caller, the same for each of its keys."""
        return Caller(organisation_id=self.organisation_id, name=self.name, roles=self.roles, client_id=self.id)
