"""Refuse an account that the consent does not cover; one that the TPP knows is refused otherwise than one that it does not."""

from dataclasses import dataclass

from gateway.pipeline.account_path import account_parameter
from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Consents
from kernel.access import Grant
from kernel.errors import AccountNotConsented, AccountUnknown
from kernel.identifiers import is_identifier
from openapi.dialect import Row


@dataclass(frozen=True)
class Account:
    consents: Consents
    name = "account"

    def applies(self, row: Row) -> bool:
        return row.grant is Grant.AUTHORIZATION_CODE and account_parameter(row) is not None

    async def on_request(self, exchange: Exchange) -> None:
        account_id = exchange.path[present(account_parameter(exchange.row))]
        consent = present(exchange.consent)
        if any(each.account.id == account_id for each in consent.access):
            return
        if is_identifier(account_id):
            organisation_id = present(exchange.caller).organisation_id
            if await self.consents.account_reference(exchange.brand, organisation_id, account_id) is not None:
                raise AccountNotConsented(f"consent {consent.id} does not cover it")
        raise AccountUnknown("not an id that this organisation was ever given")
