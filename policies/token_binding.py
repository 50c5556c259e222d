"""Refuse a token presented with another certificate than its own. RFC 8705 section 3."""

import hmac
from dataclasses import dataclass

from gateway.exchange import Exchange, present
from kernel.errors import TokenNotBound
from openapi.dialect import Row


@dataclass(frozen=True)
class TokenBinding:
    name = "token_binding"

    def applies(self, row: Row) -> bool:
        return row.credential == "token"

    async def on_request(self, exchange: Exchange) -> None:
        token, certificate = present(exchange.token), present(exchange.request.certificate)
        bound_to = token.confirmation
        if bound_to.method != "x5t#S256":
            raise TokenNotBound("bound to no certificate at all")
        if not hmac.compare_digest(bound_to.value.encode(), certificate.thumbprint.encode()):
            raise TokenNotBound(f"token {bound_to.value}, certificate {certificate.thumbprint}")
