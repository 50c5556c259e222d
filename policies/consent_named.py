"""Refuse a request that names another consent than its token's, where the standard has requests name one at all."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from kernel.access import Grant
from kernel.errors import ConsentMismatch
from openapi.dialect import Row


@dataclass(frozen=True)
class ConsentNamed:
    name = "consent_named"

    def applies(self, row: Row) -> bool:
        return row.credential == "token" and row.consent_kind is not None and row.grant is Grant.AUTHORIZATION_CODE

    async def on_request(self, exchange: Exchange) -> None:
        named = exchange.dialect.headers.parse_consent_id(exchange.request)
        if named is not None and named != present(exchange.consent).id:
            raise ConsentMismatch("the request names another consent than its token")
