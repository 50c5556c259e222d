"""Refuse a token whose family has ended: its consent was revoked, its code replayed, or its refresh token revoked. RFC 7009."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Snapshots
from kernel.access import FamilyState
from kernel.errors import TokenRevoked
from kernel.hot_state.checks import VersionIs
from kernel.hot_state.subjects import family_subject
from openapi.dialect import Row


@dataclass(frozen=True)
class TokenFamilyActive:
    snapshots: Snapshots
    name = "token_family"

    def applies(self, row: Row) -> bool:
        return row.credential == "token"

    async def on_request(self, exchange: Exchange) -> None:
        token, brand = present(exchange.token), exchange.brand
        if token.family_id is None:
            return  # the client's own authority: there is nothing that could end before the client does
        subject = family_subject(brand.name, token.family_id)
        family = await self.snapshots.family(brand, token.family_id, fresh=exchange.is_stale(subject))
        if family is None:
            raise TokenRevoked(f"family {token.family_id} is unknown")
        exchange.checks.append(VersionIs(subject, family.version))
        if family.state is not FamilyState.ACTIVE or family.client_id != token.client_id:
            raise TokenRevoked(f"family {family.id} is {family.state}, of client {family.client_id}")
