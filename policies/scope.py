"""Refuse a token without the scope that its operation needs, or one of those that open it. RFC 6750 section 3.1."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from kernel.errors import ScopeInsufficient
from openapi.dialect import Row


@dataclass(frozen=True)
class Scope:
    name = "scope"

    def applies(self, row: Row) -> bool:
        return row.scope is not None and row.credential == "token"

    async def on_request(self, exchange: Exchange) -> None:
        row, held = exchange.row, present(exchange.token).scope
        if row.scope not in held and held.isdisjoint(row.other_scopes):
            raise ScopeInsufficient(f"the operation needs {row.scope}")
