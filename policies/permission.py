"""Refuse an operation that none of the consent's permissions opens."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from kernel.errors import PermissionMissing
from openapi.dialect import Row


@dataclass(frozen=True)
class PermissionGranted:
    name = "permission"

    def applies(self, row: Row) -> bool:
        return bool(row.permissions)

    async def on_request(self, exchange: Exchange) -> None:
        if exchange.row.permissions.isdisjoint(present(exchange.consent).permissions):
            raise PermissionMissing(f"one of {', '.join(sorted(exchange.row.permissions))} is needed")
