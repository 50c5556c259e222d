"""Refuse a token of another grant type than the operation needs: a client alone may not read a PSU's data, and a PSU's grant is
not a client's."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from kernel.errors import GrantInsufficient
from openapi.dialect import Row


@dataclass(frozen=True)
class GrantType:
    name = "grant"

    def applies(self, row: Row) -> bool:
        return row.grant is not None and row.credential == "token"

    async def on_request(self, exchange: Exchange) -> None:
        token = present(exchange.token)
        if token.grant is not exchange.row.grant:
            raise GrantInsufficient(f"{token.grant}, the operation needs {exchange.row.grant}")
