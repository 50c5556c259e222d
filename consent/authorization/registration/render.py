"""A registration as its TPP reads it: the metadata as registered, which may be other than asked for. RFC 7591 section 3.2.1."""

from typing import Any

from consent.authorization.clients.client import Client, Registration
from kernel.brand import Brand
from kernel.jose.jwt import parse_jwt

MESSAGES = (  # what a client may have registered of its messages, in the names of the standards
    *("request_object_signing_alg", "authorization_signed_response_alg"),
    *("authorization_encrypted_response_alg", "authorization_encrypted_response_enc"),
    *("id_token_encrypted_response_alg", "id_token_encrypted_response_enc"),
    *("userinfo_signed_response_alg", "introspection_signed_response_alg"),
    *("backchannel_token_delivery_mode", "backchannel_client_notification_endpoint"),
    "backchannel_authentication_request_signing_alg",
)


STATEMENT_CLAIMS = ("software_", "org_", "organisation_")  # prefixes of the claims about the software and its organisation


def render_registration(brand: Brand, client: Client, *, token: str | None = None) -> dict[str, Any]:
    """`token` is the registration access token, which is returned once."""
    document: dict[str, Any] = {
        **(_statement_claims(client.registration) | client.registration.claims if client.registration else {}),
        "client_id": client.id,
        "client_id_issued_at": int(client.created_at.timestamp()),
        "client_name": client.name,
        "software_id": client.software_id,
        "redirect_uris": list(client.redirect_uris),
        "grant_types": sorted(client.grant_types),
        "response_types": sorted(client.response_types),
        "scope": " ".join(sorted(client.scopes)),
        "application_type": "web",
        "security_profile": client.security_profile.value,
        "token_endpoint_auth_method": client.token_endpoint_auth_method,
        "token_endpoint_auth_signing_alg": client.token_endpoint_auth_signing_alg,
        "id_token_signed_response_alg": client.id_token_signed_response_alg,
        "dpop_bound_access_tokens": client.sender_constraint == "dpop",
        "tls_client_certificate_bound_access_tokens": client.sender_constraint == "mtls",
        "registration_client_uri": f"{brand.mtls_url}/register/{client.id}",
    }
    document |= {"jwks_uri": client.jwks_uri} if client.jwks_uri else {"jwks": client.jwks}
    if client.authorization_details_types:
        document["authorization_details_types"] = sorted(client.authorization_details_types)
    document |= {name: value for name in MESSAGES if (value := getattr(client, name)) is not None}
    if client.registration is not None:
        document["software_statement"] = client.registration.statement
    if client.tls_client_auth is not None:
        document[f"tls_client_auth_{client.tls_client_auth.kind}"] = client.tls_client_auth.value
    if token is not None:
        document["registration_access_token"] = token
    return document


def _statement_claims(registration: Registration) -> dict[str, Any]:
    """The claims of the statement, of which much was registered: its claims stand at top level too. It was verified when it was registered.
    Its issuer, times and id are the statement's own: the answer has those of the request. RFC 7591 section 3.2.1, UK DCR 3.3."""
    claims = parse_jwt(registration.statement).claims
    return {name: value for name, value in claims.items() if name.startswith(STATEMENT_CLAIMS)}
