"""Learn whether the PSU is there, as the TPP says: an access without them is counted. Delegated Regulation 2018/389 article 36(5)."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange
from openapi.dialect import Row


@dataclass(frozen=True)
class PsuPresence:
    name = "psu_presence"

    def applies(self, row: Row) -> bool:
        return True

    async def on_request(self, exchange: Exchange) -> None:
        exchange.psu_present = exchange.dialect.headers.parse_psu_present(exchange.request)
