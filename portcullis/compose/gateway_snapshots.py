"""The gateway's snapshots of clients, token families and consents, read through the consent server's caches."""

from dataclasses import dataclass

from consent.authorization.clients.current_clients import CurrentClients
from consent.store.current_snapshots import ConsentSnapshots
from kernel.access import Client, TokenFamily
from kernel.banking.consents import Consent
from kernel.brand import Brand


@dataclass(frozen=True, slots=True)
class GatewaySnapshots:
    """The gateway's Snapshots port."""

    clients: CurrentClients
    snapshots: ConsentSnapshots

    async def client(self, brand: Brand, client_id: str, *, fresh: bool = False) -> Client | None:
        known = await self.clients.current(brand, client_id, fresh=fresh)
        if known is None:
            return None
        return Client(
            id=known.id,
            version=known.version,
            active=known.active,
            name=known.name,
            organisation_id=known.organisation_id,
            roles=known.roles,
        )

    async def family(self, brand: Brand, family_id: str, *, fresh: bool = False) -> TokenFamily | None:
        return await self.snapshots.family(brand, family_id, fresh=fresh)

    async def consent(self, brand: Brand, consent_id: str, *, fresh: bool = False) -> Consent | None:
        return await self.snapshots.consent(brand, consent_id, fresh=fresh)
