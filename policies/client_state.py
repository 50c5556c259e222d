"""Refuse a client that is inactive or unknown; any other becomes the caller."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Snapshots
from kernel.access import Caller
from kernel.tokens.judgement import judge_client
from openapi.dialect import Row


@dataclass(frozen=True)
class ClientState:
    snapshots: Snapshots
    name = "client_state"

    def applies(self, row: Row) -> bool:
        return row.credential == "token"

    async def on_request(self, exchange: Exchange) -> None:
        token, brand = present(exchange.token), exchange.brand
        client = await judge_client(
            exchange, brand, token.client_id, lambda fresh: self.snapshots.client(brand, token.client_id, fresh=fresh)
        )
        exchange.caller = Caller(
            organisation_id=client.organisation_id,
            name=client.name,
            roles=client.roles,
            client_id=client.id,
            family_id=token.family_id,
            bound_to=token.confirmation,
        )
