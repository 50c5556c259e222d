"""Refuse an interaction id that has not the form its standard gives it. The boundary has already chosen one for the answer."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange
from openapi.dialect import Row


@dataclass(frozen=True)
class InteractionId:
    name = "interaction_id"

    def applies(self, row: Row) -> bool:
        return True

    async def on_request(self, exchange: Exchange) -> None:
        exchange.dialect.headers.parse_interaction_id(exchange.request)
