"""Refuse a token whose family has ended: its consent was revoked, its code replayed, or its refresh token revoked. RFC 7009."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Snapshots
from kernel.tokens.judgement import judge_family
from openapi.dialect import Row


@dataclass(frozen=True)
class TokenFamilyActive:
    snapshots: Snapshots
    name = "token_family"

    def applies(self, row: Row) -> bool:
        return row.credential == "token"

    async def on_request(self, exchange: Exchange) -> None:
        token, brand = present(exchange.token), exchange.brand
        await judge_family(exchange, brand, token, lambda fresh: self.snapshots.family(brand, token.family_id or "", fresh=fresh))
