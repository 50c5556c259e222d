"""Refuse a header that has not the form its standard gives it."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange
from openapi.dialect import Row


@dataclass(frozen=True)
class HeaderForms:
    name = "header_forms"

    def applies(self, row: Row) -> bool:
        return True

    async def on_request(self, exchange: Exchange) -> None:
        exchange.dialect.headers.check_headers(exchange.request)
