"""A registered client as it is stored: a row that names the current version, and a document in a numbered format."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.tables_oauth import clients
from kernel import json
from kernel.access import Client

FORMAT = 1


async def load_client(connection: AsyncConnection, brand: str, client_id: str, *, lock: bool = False) -> Client | None:
    """The client's current version, active or not."""
    query = sa.select(clients.c.document).where(clients.c.brand == brand, clients.c.id == client_id)
    document = (await connection.execute(query.with_for_update() if lock else query)).scalar()
    return None if document is None else msgspec.json.decode(document, type=Client)


async def load_clients(connection: AsyncConnection, brand: str, client_ids: Sequence[str]) -> dict[str, Client]:
    """The current versions of those that exist, active or not, by id."""
    query = sa.select(clients.c.document).where(clients.c.brand == brand, clients.c.id.in_(client_ids))
    found = [msgspec.json.decode(document, type=Client) for document in await connection.scalars(query)]
    return {client.id: client for client in found}


def columns_of(client: Client) -> dict[str, Any]:
    return {
        "brand": client.brand,
        "id": client.id,
        "version": client.version,
        "active": client.active,
        "organisation_id": client.organisation_id,
        "format": FORMAT,
        "document": json.encode(client),
        "created_at": client.created_at,
    }
