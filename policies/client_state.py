"""Refuse a client that is not active any more, or that the token names but nobody registered; any other is the caller."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Snapshots
from kernel.access import Caller
from kernel.errors import ClientInactive
from kernel.hot_state.checks import VersionIs
from kernel.hot_state.subjects import client_subject
from openapi.dialect import Row


@dataclass(frozen=True)
class ClientState:
    snapshots: Snapshots
    name = "client_state"

    def applies(self, row: Row) -> bool:
        return row.credential == "token"

    async def on_request(self, exchange: Exchange) -> None:
        token, brand = present(exchange.token), exchange.brand
        client_id = token.client_id
        subject = client_subject(brand.name, client_id)
        client = await self.snapshots.client(brand, client_id, fresh=exchange.is_stale(subject))
        if client is None:
            raise ClientInactive(f"client {client_id} is unknown")
        exchange.checks.append(VersionIs(subject, client.version))
        if not client.active:
            raise ClientInactive(f"client {client_id}, version {client.version}")
        exchange.caller = Caller(
            organisation_id=client.organisation_id,
            name=client.name,
            roles=client.roles,
            client_id=client.id,
            family_id=token.family_id,
            bound_to=token.confirmation,
        )
