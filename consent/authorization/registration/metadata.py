"""From what was asked for and what the directory says to the metadata that are registered. RFC 7591 section 2, UK DCR 3.3.

Roles limit scopes; the security profile settles what the request leaves open.
"""

from consent.authorization.clients.metadata import CIBA, GRANT_TYPES, ClientMetadata
from consent.authorization.clients.metadata_checks import check_metadata
from consent.authorization.offer.authorization_details import KIND_OF, DetailsType
from consent.authorization.offer.profiles import PROFILES, Profile, SecurityProfile
from consent.authorization.offer.scopes import CLIENT_SCOPES, scopes_of_roles
from consent.authorization.registration.request import Asked, Wish, refuse_member
from consent.authorization.response_modes.choice import canonical_type, has_mode
from consent.errors import ClientMetadataInvalid
from consent.services import Services
from kernel.access import ROLES
from kernel.brand import Brand
from kernel.errors import Problem

OPENID = "openid"
AUTHORIZATION_CODE = "authorization_code"
RESPONSE_TYPES_LOGGED = 4  # of those refused, to the log


def metadata_of(services: Services, brand: Brand, asked: Asked) -> ClientMetadata:
    """Raises ClientMetadataInvalid or RegistrationRedirectUriInvalid."""
    wish, statement = asked.wish, asked.statement
    profile = wish.security_profile or _profile_of(wish)
    rules = PROFILES[profile]
    metadata = ClientMetadata(
        client_name=statement.client_name,
        organisation_id=asked.organisation_id,
        organisation_name=statement.organisation_name,
        software_id=statement.software_id,
        on_behalf_of=statement.on_behalf_of,
        roles=statement.roles,
        redirect_uris=wish.redirect_uris,
        scope=_scope(services, brand, asked),
        jwks=statement.jwks or {},
        jwks_uri=statement.jwks_uri,
        grant_types=_grant_types(wish),
        security_profile=profile,
        token_endpoint_auth_method=wish.token_endpoint_auth_method,
        token_endpoint_auth_signing_alg=wish.token_endpoint_auth_signing_alg or rules.algorithms[0],
        tls_client_auth_subject_dn=wish.tls_client_auth_subject_dn,
        tls_client_auth_san_dns=wish.tls_client_auth_san_dns,
        tls_client_auth_san_uri=wish.tls_client_auth_san_uri,
        tls_client_auth_san_ip=wish.tls_client_auth_san_ip,
        tls_client_auth_san_email=wish.tls_client_auth_san_email,
        id_token_signed_response_alg=wish.id_token_signed_response_alg or rules.algorithms[0],
        userinfo_signed_response_alg=wish.userinfo_signed_response_alg,
        introspection_signed_response_alg=wish.introspection_signed_response_alg or rules.algorithms[0],
        id_token_encrypted_response_alg=wish.id_token_encrypted_response_alg,
        id_token_encrypted_response_enc=wish.id_token_encrypted_response_enc,
        response_types=_response_types(wish, rules),
        request_object_signing_alg=wish.request_object_signing_alg if rules.request_object == "required" else None,
        require_signed_request_object=wish.require_signed_request_object,
        authorization_signed_response_alg=wish.authorization_signed_response_alg,
        authorization_encrypted_response_alg=wish.authorization_encrypted_response_alg,
        authorization_encrypted_response_enc=wish.authorization_encrypted_response_enc,
        sender_constraint="dpop" if wish.dpop_bound_access_tokens else "mtls",
        authorization_details_types=_details_types(asked),
        backchannel_token_delivery_mode=wish.backchannel_token_delivery_mode,
        backchannel_client_notification_endpoint=wish.backchannel_client_notification_endpoint,
        backchannel_authentication_request_signing_alg=wish.backchannel_authentication_request_signing_alg,
        backchannel_user_code_parameter=wish.backchannel_user_code_parameter,
    )
    try:
        check_metadata(metadata)
    except Problem as problem:
        raise refuse_member(problem) from None
    return metadata


def _profile_of(wish: Wish) -> SecurityProfile:
    """The profile of a client that names none, derived from its response types and its signing of requests."""
    if "code id_token" in map(canonical_type, wish.response_types):
        return SecurityProfile.FAPI1_ADVANCED
    return SecurityProfile.FAPI2_MESSAGE_SIGNING if wish.request_object_signing_alg else SecurityProfile.FAPI2_SECURITY


def _grant_types(wish: Wish) -> frozenset[str]:
    """The grant types that were asked for and are offered, without refreshing where no customer's grant gives anything to refresh."""
    offered = wish.grant_types & (GRANT_TYPES | {CIBA})
    return offered if offered & {AUTHORIZATION_CODE, CIBA} else offered - {"refresh_token"}


def _response_types(wish: Wish, rules: Profile) -> frozenset[str]:
    """The response types that were asked for and can be used: none without the authorization code grant, and none without a response mode. The first type
    of the profile where none is named. Raises ClientMetadataInvalid for one that the profile does not have: RFC 7591 section 2 would
    allow another in its place, but a client could not distinguish a substitute from a mistake."""
    asked = [canonical_type(response_type) for response_type in wish.response_types]
    is_signed = wish.authorization_signed_response_alg is not None
    usable = frozenset(kind for kind in asked or rules.response_types if has_mode(rules, kind, is_signed=is_signed))
    if not rules.response_types.keys() >= set(asked) or (asked and not usable):
        raise ClientMetadataInvalid(
            f"response types {sorted(asked)[:RESPONSE_TYPES_LOGGED]}",
            public="The response_types are not supported for the security profile of the client.",
        )
    if AUTHORIZATION_CODE not in wish.grant_types:
        return frozenset()
    return usable if asked else frozenset([next(iter(rules.response_types))])


def _details_types(asked: Asked) -> frozenset[DetailsType]:
    """RFC 9396 section 10."""
    types = asked.wish.authorization_details_types
    if not {ROLES[KIND_OF[name]] for name in types} <= asked.statement.roles:
        raise ClientMetadataInvalid(
            "authorization_details_types beyond the roles",
            public="The authorization_details_types are more than the roles of the statement allow.",
        )
    return types


def _scope(services: Services, brand: Brand, asked: Asked) -> str:
    """The requested scope, within the roles and the scopes that need no customer; without a request, all that the roles open. Raises
    ClientMetadataInvalid."""
    allowed = (OPENID, *scopes_of_roles(services.dialects_of(brand), asked.statement.roles))
    if asked.wish.scope is None:
        return " ".join(allowed)
    if not set(asked.wish.scope.split(" ")) <= {*allowed, *CLIENT_SCOPES}:
        raise ClientMetadataInvalid("scope beyond the roles", public="The scope is more than the roles of the statement allow.")
    return asked.wish.scope
