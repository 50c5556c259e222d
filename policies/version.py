"""Refuse a version that the operation does not have, where callers choose one by a header; every answer names the version that it has.

Of an operation whose version was not found the newest one stood for it in the chain (gateway/versions.py)."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from kernel.http.message import Response
from openapi.dialect import Row


@dataclass(frozen=True)
class Version:
    name = "version"

    def applies(self, row: Row) -> bool:
        return row.version is not None

    async def on_request(self, exchange: Exchange) -> None:
        present(exchange.dialect.versions).choose(exchange.request, exchange.served)

    def on_response(self, exchange: Exchange, response: Response) -> None:
        exchange.headers[present(exchange.dialect.versions).wanted] = str(exchange.row.version)
