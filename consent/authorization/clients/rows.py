"""A registered client as it is stored: a row that names the current version, and a document in a numbered format."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authorization.clients.client import Client
from consent.store.rows.formats import check_format
from consent.store.tables.oauth import clients
from kernel import json
from kernel.brand import Brand
from kernel.errors import ClientInactive

FORMAT = 1


async def load_client(connection: AsyncConnection, brand: str, client_id: str, *, lock: bool = False) -> Client | None:
    """The client's current version, active or not."""
    query = _select(brand).where(clients.c.id == client_id)
    row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else client_of(row)


async def load_active_client(connection: AsyncConnection, brand: Brand, client_id: str) -> Client:
    """Raises ClientInactive."""
    client = await load_client(connection, brand.name, client_id)
    if client is None or not client.active:
        raise ClientInactive(client_id)
    return client


async def load_clients(connection: AsyncConnection, brand: str, client_ids: Sequence[str]) -> dict[str, Client]:
    """The current versions of those that exist, active or not, by id."""
    rows = await connection.execute(_select(brand).where(clients.c.id.in_(client_ids)))
    return {row.id: client_of(row) for row in rows}


def _select(brand: str) -> sa.Select[Any]:
    return sa.select(clients.c.id, clients.c.format, clients.c.document).where(clients.c.brand == brand)


def client_of(row: sa.Row[Any]) -> Client:
    check_format(f"client {row.id}", row.format, present=FORMAT)
    return msgspec.json.decode(row.document, type=Client)


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
