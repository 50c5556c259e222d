"""Registered clients in their current version, cached by worker and never trusted without it, as consents and token families are
(consent/store/current_snapshots.py)."""

from consent.authorization.clients.client import Client
from consent.authorization.clients.rows import load_client
from consent.store.current_snapshots import look_up, open_cache
from kernel.brand import Brand
from kernel.storage.database import Database

CLIENTS_CACHED_MAX = 2_000  # clients kept in memory by each worker


class CurrentClients:
    def __init__(self, database: Database) -> None:
        self._clients = open_cache(database, load_client, CLIENTS_CACHED_MAX)

    async def current(self, brand: Brand, client_id: str, *, fresh: bool = False) -> Client | None:
        """The version this worker loaded last, or with `fresh` the database's current one; None for an id that does not exist."""
        return await look_up(self._clients, brand, client_id, fresh=fresh)

    def remembers(self, brand: Brand, client_id: str) -> bool:
        """Would the client be found without a question to the database?"""
        return self._clients.cached((brand.name, client_id)) is not None
