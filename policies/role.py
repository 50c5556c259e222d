"""Refuse a TPP that does not hold the role its operation needs. Commission Delegated Regulation (EU) 2018/389 article 34."""

from dataclasses import dataclass

from gateway.exchange import Exchange, present
from kernel.access import ROLES
from kernel.errors import RoleMissing
from openapi.dialect import Row


@dataclass(frozen=True)
class RoleHeld:
    name = "role"

    def applies(self, row: Row) -> bool:
        return row.consent_kind is not None

    async def on_request(self, exchange: Exchange) -> None:
        needed = ROLES[present(exchange.row.consent_kind)]
        if needed not in present(exchange.client).roles:
            raise RoleMissing(f"the operation needs {needed}")
