"""The metadata that a client may register, in the names of RFC 7591 and of CIBA section 4; consent/authorization/clients/metadata_checks.py judges it.

Authlib's claims class for this would drop the members it does not know and mint a secret; the rules here are few and ours.
"""

from typing import Literal

import msgspec

from consent.authorization.clients.client import AuthMethod
from consent.authorization.clients.key_set import KeySet
from consent.authorization.offer.authorization_details import DetailsType
from consent.authorization.offer.profiles import SecurityProfile
from kernel.access import Role
from kernel.banking.consents import Permission
from kernel.jose.jwe import Encryption, KeyAgreement
from kernel.jose.jwt import Algorithm

GRANT_TYPES = frozenset({"authorization_code", "refresh_token", "client_credentials"})  # of a TPP
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # of a bank's own services alone
DeliveryMode = Literal["poll", "ping"]
CIBA = "urn:openid:params:grant-type:ciba"
DELIVERY_MODES: tuple[DeliveryMode, ...] = ("poll", "ping")


class ClientMetadata(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A registration as it is asked for. `scope` is separated by spaces; `jwks` holds public keys, each with kid and alg."""

    client_name: str
    organisation_id: str
    organisation_name: str
    software_id: str
    roles: frozenset[Role]
    redirect_uris: tuple[str, ...]
    scope: str
    jwks: KeySet = msgspec.field(default_factory=dict)
    jwks_uri: str | None = None  # in place of jwks
    on_behalf_of: str = ""
    grant_types: frozenset[str] = GRANT_TYPES
    security_profile: SecurityProfile = SecurityProfile.FAPI2_SECURITY
    token_endpoint_auth_method: AuthMethod = "private_key_jwt"
    token_endpoint_auth_signing_alg: Algorithm = "PS256"
    tls_client_auth_subject_dn: str | None = None
    tls_client_auth_san_dns: str | None = None
    tls_client_auth_san_uri: str | None = None
    tls_client_auth_san_ip: str | None = None
    tls_client_auth_san_email: str | None = None
    id_token_signed_response_alg: Algorithm = "PS256"
    userinfo_signed_response_alg: Algorithm | None = None
    introspection_signed_response_alg: Algorithm = "PS256"
    id_token_encrypted_response_alg: KeyAgreement | None = None
    id_token_encrypted_response_enc: Encryption | None = None
    response_types: frozenset[str] = frozenset({"code"})
    request_object_signing_alg: Algorithm | None = None
    require_signed_request_object: bool | None = None
    authorization_signed_response_alg: Algorithm | None = None
    authorization_encrypted_response_alg: KeyAgreement | None = None
    authorization_encrypted_response_enc: Encryption | None = None
    sender_constraint: Literal["mtls", "dpop"] = "mtls"
    default_permissions: frozenset[Permission] = frozenset()
    authorization_details_types: frozenset[DetailsType] = frozenset()
    token_exchange_audiences: frozenset[str] = frozenset()
    backchannel_token_delivery_mode: DeliveryMode | None = None
    backchannel_client_notification_endpoint: str | None = None
    backchannel_authentication_request_signing_alg: Algorithm | None = None
    backchannel_user_code_parameter: bool = False
