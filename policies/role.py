"""Refuse a TPP that does not hold the role its operation needs: as a caller, and where its certificate states roles, there too.

Commission Delegated Regulation (EU) 2018/389 article 34.
"""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
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
        if needed not in present(exchange.caller).roles:
            raise RoleMissing(f"the operation needs {needed}")
        certificate = exchange.request.certificate
        provider = certificate.qualified.provider if certificate else None
        if provider is not None and needed not in provider.opens():
            raise RoleMissing(f"the operation needs {needed}, the certificate states {sorted(provider.roles)}")
