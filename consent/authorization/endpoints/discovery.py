"""GET of both well-known documents: what this issuer is and can do. RFC 8414, OIDC Discovery section 3, RFC 8705 section 5.

Top-level endpoints are the public listener's, but for registration, which is on the other alone; `mtls_endpoint_aliases` are
that one's. A brand may name the mTLS ones at top level too, for clients that know no aliases. PAR and request objects are demanded of the clients whose profiles ask for them, but not announced for the issuer:
profiles that contradict each other share it.
"""

from typing import Any

from consent.authorization.client_authentication import METHODS
from consent.authorization.clients.backchannel_metadata import SIGNING_ALGORITHMS
from consent.authorization.clients.metadata import DELIVERY_MODES
from consent.authorization.endpoints.grant_management import ACTIONS
from consent.authorization.endpoints.grant_management import PATH as GRANTS_PATH
from consent.authorization.grants import GRANTS
from consent.authorization.keys.ring import ID_TOKEN_ALGORITHMS, KeyPurpose, algorithms_of
from consent.authorization.offer.authorization_details import KIND_OF
from consent.authorization.offer.profiles import PROFILES
from consent.authorization.offer.scopes import acr_values_offered, claims_offered, scopes_offered
from consent.authorization.response_modes import MODES
from consent.services import Services
from kernel.brand import Brand
from kernel.http.message import Request, Response
from kernel.jose import jwe
from kernel.jose.jwt import ALGORITHMS

CACHE_SECONDS = 300  # anyone may keep the metadata without asking again
VERSION = 1  # what it says moves with the configuration alone, which is read once
ALIASED = {
    "token_endpoint": "/token",
    "pushed_authorization_request_endpoint": "/par",
    "revocation_endpoint": "/revoke",
    "introspection_endpoint": "/introspect",
    "userinfo_endpoint": "/userinfo",
    "grant_management_endpoint": GRANTS_PATH,
    "backchannel_authentication_endpoint": "/bc-authorize",
}


async def discover(services: Services, brand: Brand, request: Request) -> Response:
    place = (brand.name, "metadata")
    return services.documents.answer(request, place, VERSION, lambda: metadata_of(services, brand), cache_seconds=CACHE_SECONDS)


def metadata_of(services: Services, brand: Brand) -> dict[str, Any]:
    dialects = services.dialects_of(brand)
    base = brand.mtls_url if brand.top_level_endpoints == "mtls" else brand.issuer
    methods: list[str] = [method.name for method in METHODS]
    return {
        "issuer": brand.issuer,
        "authorization_endpoint": f"{brand.issuer}/authorize",
        "jwks_uri": f"{brand.issuer}/jwks",
        **{name: base + path for name, path in ALIASED.items()},
        "registration_endpoint": f"{brand.mtls_url}/register",
        "mtls_endpoint_aliases": {name: brand.mtls_url + path for name, path in ALIASED.items()},
        "response_types_supported": sorted({kind for profile in PROFILES.values() for kind in profile.response_types}),
        "response_modes_supported": [mode.name for mode in MODES],
        "grant_types_supported": [grant.name for grant in GRANTS],
        "scopes_supported": list(scopes_offered(dialects)),
        "claims_supported": list(claims_offered(dialects)),
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": False,
        "request_object_signing_alg_values_supported": list(ALGORITHMS),
        "authorization_signing_alg_values_supported": list(algorithms_of(KeyPurpose.AUTHORIZATION_RESPONSE)),
        "authorization_encryption_alg_values_supported": list(jwe.ALGORITHMS),
        "authorization_encryption_enc_values_supported": list(jwe.ENCRYPTIONS),
        "authorization_details_types_supported": list(KIND_OF),
        "grant_management_actions_supported": list(ACTIONS),
        "grant_management_action_required": False,
        "acr_values_supported": list(acr_values_offered(dialects)),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": list(ID_TOKEN_ALGORITHMS),
        "id_token_encryption_alg_values_supported": list(jwe.ALGORITHMS),
        "id_token_encryption_enc_values_supported": list(jwe.ENCRYPTIONS),
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "introspection_signing_alg_values_supported": list(algorithms_of(KeyPurpose.INTROSPECTION)),
        "userinfo_signing_alg_values_supported": list(algorithms_of(KeyPurpose.USERINFO)),
        "backchannel_token_delivery_modes_supported": list(DELIVERY_MODES),
        "backchannel_authentication_request_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
        "backchannel_user_code_parameter_supported": False,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "tls_client_certificate_bound_access_tokens": True,
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
    }
