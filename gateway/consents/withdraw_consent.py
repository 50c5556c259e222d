"""Withdraw a consent, by the TPP that lodged it: from the answer on, nothing is read under it."""

from dataclasses import dataclass

from gateway.consents.named_consent import load_named
from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Consents
from kernel.banking import commands
from kernel.operations import Operation


@dataclass(frozen=True)
class WithdrawConsent:
    consents: Consents
    operations = (
        Operation.WITHDRAW_ACCOUNT_CONSENT,
        Operation.WITHDRAW_PAYMENT_CONSENT,
        Operation.WITHDRAW_FUNDS_CONSENT,
    )

    async def run(self, exchange: Exchange) -> None:
        command: commands.WithdrawConsent = exchange.command
        consent = await load_named(self.consents, exchange, command.consent_id)
        await self.consents.withdraw(exchange.brand, present(exchange.caller), consent.id)
