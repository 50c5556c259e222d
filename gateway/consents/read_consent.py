"""Read a consent back, by the TPP that lodged it."""

from dataclasses import dataclass

from gateway.consents.named_consent import load_named
from gateway.pipeline.exchange import Exchange
from gateway.ports import Consents
from kernel.banking import commands
from kernel.banking.consents import Consent
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadConsent:
    consents: Consents
    operations = (
        Operation.READ_ACCOUNT_CONSENT,
        Operation.READ_ACCOUNT_CONSENT_STATUS,
        Operation.READ_PAYMENT_CONSENT,
        Operation.READ_FUNDS_CONSENT,
    )

    async def run(self, exchange: Exchange) -> Consent:
        command: commands.ReadConsent = exchange.command
        return await load_named(self.consents, exchange, command.consent_id)
