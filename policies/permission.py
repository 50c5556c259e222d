"""Refuse an operation that the consent does not open: on the account that the path names, or on none of its accounts."""

from dataclasses import dataclass

from gateway.pipeline.account_path import account_parameter
from gateway.pipeline.exchange import Exchange, present
from kernel.banking.consents import Consent, Permission
from kernel.errors import PermissionMissing
from openapi.dialect import Row


@dataclass(frozen=True)
class PermissionGranted:
    name = "permission"

    def applies(self, row: Row) -> bool:
        return bool(row.permissions)

    async def on_request(self, exchange: Exchange) -> None:
        parameter = account_parameter(exchange.row)
        account_id = None if parameter is None else exchange.path[parameter]
        if not _is_open(present(exchange.consent), exchange.row.permissions, account_id):
            raise PermissionMissing(f"one of {', '.join(sorted(exchange.row.permissions))} is needed")


def _is_open(consent: Consent, any_of: frozenset[Permission], account_id: str | None) -> bool:
    """An account that the consent does not cover is for the policy on accounts to refuse: what was asked for counts here."""
    covered = [each.permissions for each in consent.access if account_id in (None, each.account.id)]
    return any(not any_of.isdisjoint(permissions) for permissions in covered or (consent.permissions,))
