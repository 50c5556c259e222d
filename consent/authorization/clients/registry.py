"""The registered clients: each a row that names its current version, and a document with its metadata.

Every change is a new version, published so that the next request of any worker sees it.
"""

from typing import Any

import msgspec

from consent.authorization.clients.client import Client, Registration
from consent.authorization.clients.commands import DeactivateClient, RegisterClient, ReplaceClient, RevokeRegistrationToken
from consent.authorization.clients.encryption import find_encryption_key
from consent.authorization.clients.key_certificates import render_certificates
from consent.authorization.clients.key_set import import_client_keys
from consent.authorization.clients.metadata import ClientMetadata
from consent.authorization.clients.metadata_checks import certificate_subject_of, check_metadata
from consent.services import Services
from kernel.brand import Brand
from kernel.hot_state.subjects import client_subject
from kernel.jose.jwe import public_encryption_jwk
from kernel.jose.jwt import public_jwk


async def register_client(
    services: Services,
    brand: Brand,
    metadata: ClientMetadata,
    *,
    client_id: str | None = None,
    registration: Registration | None = None,
    actor: str = "system",
) -> Client:
    """Register a client, under an id of the caller's choice or a new one. Raises FieldMissing or FieldInvalid; of an organisation that
    registers itself, RegistrationsExhausted."""
    check_metadata(metadata)
    client = _client_of(services, brand, metadata, client_id or services.ids.uuid(), registration)

    return await services.commands.run(RegisterClient(services=services, client=client, actor=actor))


async def replace_client(
    services: Services,
    brand: Brand,
    client_id: str,
    metadata: ClientMetadata,
    *,
    registration: Registration | None = None,
    replaced: Registration | None = None,
    actor: str = "system",
) -> Client:
    """Put other metadata in place of a client's. `registration` takes the place of `replaced`: a caller that finds another one there came too
    late, with a token that is no longer good. Raises FieldMissing, FieldInvalid, ClientInactive or TokenInvalid."""
    check_metadata(metadata)

    changed = _client_of(services, brand, metadata, client_id, registration)
    command = ReplaceClient(services=services, changed=changed, registration=registration, replaced=replaced, actor=actor)
    return await services.commands.run(command, closing=[client_subject(brand.name, client_id)])


async def deactivate_client(services: Services, brand: Brand, client_id: str, *, actor: str = "system") -> Client:
    """From the moment this returns the client can do nothing more. Raises ClientInactive if it could not before."""

    command = DeactivateClient(services=services, brand=brand.name, client_id=client_id, actor=actor)
    return await services.commands.run(command, closing=[client_subject(brand.name, client_id)])


async def revoke_registration_token(
    services: Services, brand: Brand, client_id: str, registration: Registration, *, reason: str
) -> Client:
    """From the moment this returns the token of `registration` manages nothing; the client itself stays as it is. Raises ClientInactive,
    or TokenInvalid if the token was changed meanwhile."""

    command = RevokeRegistrationToken(
        services=services, brand=brand.name, client_id=client_id, registration=registration, reason=reason
    )
    return await services.commands.run(command, closing=[client_subject(brand.name, client_id)])


def is_registered_as(services: Services, brand: Brand, client: Client, metadata: ClientMetadata) -> bool:
    """True if replacing the client's metadata by these would change nothing."""
    same = msgspec.structs.replace(
        _client_of(services, brand, metadata, client.id, client.registration),
        version=client.version,
        created_at=client.created_at,
        active=client.active,
    )
    return same == client


def _client_of(
    services: Services, brand: Brand, metadata: ClientMetadata, client_id: str, registration: Registration | None
) -> Client:
    return Client(
        id=client_id,
        brand=brand.name,
        version=1,
        active=True,
        name=metadata.client_name,
        organisation_id=metadata.organisation_id,
        organisation_name=metadata.organisation_name,
        software_id=metadata.software_id,
        on_behalf_of=metadata.on_behalf_of,
        roles=metadata.roles,
        security_profile=metadata.security_profile,
        token_endpoint_auth_method=metadata.token_endpoint_auth_method,
        token_endpoint_auth_signing_alg=metadata.token_endpoint_auth_signing_alg,
        tls_client_auth=certificate_subject_of(metadata),
        sender_constraint=metadata.sender_constraint,
        redirect_uris=metadata.redirect_uris,
        scopes=frozenset(metadata.scope.split()),
        grant_types=metadata.grant_types,
        jwks=_jwks_of(metadata),
        jwks_uri=metadata.jwks_uri,
        id_token_signed_response_alg=metadata.id_token_signed_response_alg,
        userinfo_signed_response_alg=metadata.userinfo_signed_response_alg,
        introspection_signed_response_alg=metadata.introspection_signed_response_alg,
        id_token_encrypted_response_alg=metadata.id_token_encrypted_response_alg,
        id_token_encrypted_response_enc=metadata.id_token_encrypted_response_enc,
        request_object_signing_alg=metadata.request_object_signing_alg,
        response_types=metadata.response_types,
        authorization_signed_response_alg=metadata.authorization_signed_response_alg,
        authorization_encrypted_response_alg=metadata.authorization_encrypted_response_alg,
        authorization_encrypted_response_enc=metadata.authorization_encrypted_response_enc,
        default_permissions=frozenset(metadata.default_permissions),
        registration=registration,
        authorization_details_types=frozenset(metadata.authorization_details_types),
        token_exchange_audiences=metadata.token_exchange_audiences,
        backchannel_token_delivery_mode=metadata.backchannel_token_delivery_mode,
        backchannel_client_notification_endpoint=metadata.backchannel_client_notification_endpoint,
        backchannel_authentication_request_signing_alg=metadata.backchannel_authentication_request_signing_alg,
        created_at=services.clock.wall(),
    )


def _jwks_of(metadata: ClientMetadata) -> dict[str, list[dict[str, Any]]]:
    """The keys that are kept by value: what verifies, with its certificates, and what we are to encrypt with."""
    if metadata.jwks_uri:
        return {}
    verifying = [{**public_jwk(key), **render_certificates(key)} for key in import_client_keys(metadata.jwks).values()]
    return {"keys": [*verifying, *_encryption_jwks(metadata)]}


def _encryption_jwks(metadata: ClientMetadata) -> list[dict[str, str]]:
    """The keys that we are to encrypt with: one for each algorithm that the client registered."""
    algorithms = dict.fromkeys((metadata.id_token_encrypted_response_alg, metadata.authorization_encrypted_response_alg))
    keys = [find_encryption_key(metadata.jwks, alg) for alg in algorithms if alg is not None]
    return [public_encryption_jwk(key) for key in keys if key is not None]
