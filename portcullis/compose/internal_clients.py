"""The bank's own services that may exchange tokens. The configuration is the only way to register one.

A service that the configuration no longer names is refused from the next start on. docs/configuration.md,
`[[brands.internal_clients]]`.
"""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from consent.authorization.clients.metadata import TOKEN_EXCHANGE, ClientMetadata
from consent.authorization.clients.registry import deactivate_client, is_registered_as, register_client, replace_client
from consent.authorization.clients.rows import load_client
from consent.services import Services
from consent.store.tables.oauth import clients
from kernel import json
from kernel.brand import Brand
from kernel.config import ConfigurationRefused
from kernel.errors import FieldInvalid, FieldMissing, Problem
from portcullis.settings.schema import InternalClientSettings, Settings

ORGANISATION = "internal"  # of no TPP: a directory's ids look otherwise
ACTOR = "configuration"


async def register_internal_clients(services: Services, settings: Settings, brands: tuple[Brand, ...]) -> None:
    """Raises ConfigurationRefused naming the client."""
    by_name = {brand.name: brand for brand in brands}
    for configured in settings.brands:
        brand = by_name[configured.name]
        for one in configured.internal_clients:
            try:
                await _register(services, brand, one.client_id, await _metadata(brand, one))
            except (FieldInvalid, FieldMissing) as problem:
                raise _refused(one.client_id, f"{problem.path} {problem.detail}") from None
        await _end_others(services, brand, {one.client_id for one in configured.internal_clients})


async def _register(services: Services, brand: Brand, client_id: str, metadata: ClientMetadata) -> None:
    async with services.database.read() as connection:
        known = await load_client(connection, brand.name, client_id)
    if known is None:
        await register_client(services, brand, metadata, client_id=client_id, actor=ACTOR)
    elif known.organisation_id != ORGANISATION:
        raise _refused(client_id, "is the id of a TPP's client")
    elif not known.active:
        raise _refused(client_id, "was taken out before; give it another client_id")
    elif not is_registered_as(services, brand, known, metadata):
        await replace_client(services, brand, client_id, metadata, actor=ACTOR)


async def _end_others(services: Services, brand: Brand, named: set[str]) -> None:
    ours = (clients.c.brand == brand.name, clients.c.organisation_id == ORGANISATION, clients.c.active.is_(True))
    async with services.database.read() as connection:
        standing = await connection.scalars(sa.select(clients.c.id).where(*ours))
    for client_id in sorted(set(standing) - named):
        await deactivate_client(services, brand, client_id, actor=ACTOR)


async def _metadata(brand: Brand, one: InternalClientSettings) -> ClientMetadata:
    return ClientMetadata(
        client_name=one.client_id,
        organisation_id=ORGANISATION,
        organisation_name=brand.display_name,
        software_id=one.client_id,
        roles=frozenset(),
        redirect_uris=(),
        scope=one.scope,
        jwks=await asyncio.to_thread(_read_keys, one.client_id, one.jwks),
        grant_types=frozenset({TOKEN_EXCHANGE}),
        token_endpoint_auth_signing_alg=one.alg,
        token_exchange_audiences=frozenset(one.audiences),
    )


def _read_keys(client_id: str, path: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        return json.decode(path.read_bytes(), dict[str, list[dict[str, Any]]])
    except (OSError, Problem, msgspec.DecodeError) as error:
        raise _refused(client_id, f"jwks {path} cannot be read ({type(error).__name__})") from None


def _refused(client_id: str, why: str) -> ConfigurationRefused:
    return ConfigurationRefused(f"brands.internal_clients {client_id}: {why}")
