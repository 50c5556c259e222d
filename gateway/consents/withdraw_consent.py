"""Withdraw a consent, by the TPP that lodged it: from the answer on, nothing is read under it."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Consents
from kernel.banking import commands
from kernel.errors import ConsentUnknown
from kernel.identifiers import is_identifier
from kernel.operations import Operation


@dataclass(frozen=True)
class WithdrawConsent:
    consents: Consents
    operations = (Operation.WITHDRAW_ACCOUNT_CONSENT,)

    async def run(self, exchange: Exchange) -> None:
        command: commands.WithdrawConsent = exchange.command
        if not is_identifier(command.consent_id):
            raise ConsentUnknown("not an identifier")
        caller = present(exchange.caller)
        consent = await self.consents.read(exchange.brand, caller, command.consent_id)
        if consent.kind != exchange.row.consent_kind:
            raise ConsentUnknown(f"it is a consent of kind {consent.kind}")
        await self.consents.withdraw(exchange.brand, caller, consent.id)
