"""Rows of the authorization server, changed behind its back: clients, requests, families of tokens."""

from collections.abc import Collection
from typing import Any

from consent.authorization.clients.client import Client
from consent.authorization.clients.rows import columns_of
from consent.store.tables.oauth import backchannel_requests, clients, pushed_requests, token_families
from kernel.storage.database import Database
from tests.harness.damage.rows import run
from tests.world.brands import START


async def insert_clients(database: Database, *made: Client) -> None:
    """Clients that no registration has checked."""
    await run(database, *(clients.insert().values(**columns_of(client), updated_at=START) for client in made))


async def replace_client_row(database: Database, client: Client) -> None:
    await run(database, clients.update().where(clients.c.id == client.id).values(**columns_of(client)))


async def move_clients(database: Database, organisation_id: str) -> None:
    """Every client becomes that organisation's."""
    await run(database, clients.update().values(organisation_id=organisation_id))


async def deactivate_all_but(database: Database, kept: Collection[str]) -> None:
    await run(database, clients.update().where(clients.c.id.not_in(kept)).values(active=False))


async def change_families(database: Database, **columns: Any) -> None:
    await run(database, token_families.update().values(**columns))


async def change_families_of(database: Database, client_id: str, **columns: Any) -> None:
    await run(database, token_families.update().where(token_families.c.client_id == client_id).values(**columns))


async def replace_pushed(database: Database, request_id: str, document: bytes, number: int) -> None:
    """The document of a pushed request, in the format of that number."""
    changed = pushed_requests.update().where(pushed_requests.c.id == request_id)
    await run(database, changed.values(document=document, format=number))


async def return_pushed(database: Database) -> None:
    """Each request that was taken waits again."""
    await run(database, pushed_requests.update().values(taken=False))


async def change_backchannel_request(database: Database, request_id: str, **columns: Any) -> None:
    await run(database, backchannel_requests.update().where(backchannel_requests.c.id == request_id).values(**columns))


async def spoil_notifications(database: Database) -> None:
    """Their seals do not open any more."""
    await run(database, backchannel_requests.update().values(notification=b"spoiled"))
