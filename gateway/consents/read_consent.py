"""Read a consent back, by the TPP that lodged it."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Consents
from kernel.banking import commands
from kernel.banking.consents import Consent
from kernel.errors import ConsentUnknown
from kernel.identifiers import is_identifier
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadConsent:
    consents: Consents
    operations = (Operation.READ_ACCOUNT_CONSENT, Operation.READ_ACCOUNT_CONSENT_STATUS)

    async def run(self, exchange: Exchange) -> Consent:
        command: commands.ReadConsent = exchange.command
        if not is_identifier(command.consent_id):
            raise ConsentUnknown("not an identifier")
        consent = await self.consents.read(exchange.brand, present(exchange.caller), command.consent_id)
        if consent.kind != exchange.row.consent_kind:
            raise ConsentUnknown(f"it is a consent of kind {consent.kind}")
        return consent
