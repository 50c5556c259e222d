"""Refuse a token that is meant for neither the brand's whole API, nor this dialect, nor this service of it. RFC 8707 section 2, RFC 9068 section 4.

What stands in no standard (GET /whoami) takes a token for any part.
"""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from kernel.errors import TokenInvalid
from openapi.dialect import Row


@dataclass(frozen=True)
class TokenAudience:
    name = "audience"

    def applies(self, row: Row) -> bool:
        return row.credential == "token"

    async def on_request(self, exchange: Exchange) -> None:
        brand, audience = exchange.brand, present(exchange.token).audience
        part = brand.mtls_url + exchange.service.base_path
        if not {brand.resource_audience, brand.mtls_url + exchange.dialect.audience_path, part}.isdisjoint(audience):
            return
        if exchange.service.base_path or not any(name.startswith(f"{part}/") for name in audience):
            raise TokenInvalid(f"meant for {' '.join(audience)}, presented at {part}")
