"""Lodge a consent: a TPP states what it will ask a PSU for. No PSU has agreed yet."""

from dataclasses import dataclass
from datetime import datetime

from gateway.pipeline.exchange import Exchange, present
from gateway.pipeline.idempotency import use_of
from gateway.ports import Consents
from kernel.banking import commands
from kernel.banking.consents import Consent, ConsentLodgement
from kernel.clock import Clock
from kernel.errors import FieldDateInvalid
from kernel.operations import Operation


@dataclass(frozen=True)
class LodgeConsent:
    consents: Consents
    clock: Clock
    operations = (Operation.LODGE_ACCOUNT_CONSENT, Operation.LODGE_PAYMENT_CONSENT)

    async def run(self, exchange: Exchange) -> Consent:
        """A repeat is answered from its key and judged no more: there the store judges the end, after it has looked for the key."""
        command: commands.LodgeConsent = exchange.command
        wrong, paths = _wrong_date(command.lodgement, self.clock.now()), exchange.dialect.paths
        if wrong and not exchange.row.idempotent:
            raise FieldDateInvalid(f"{wrong} is in the past or before its beginning", path=paths.get(wrong, ""))
        use = use_of(exchange) if exchange.row.idempotent else None
        try:
            return await self.consents.lodge(exchange.brand, present(exchange.caller), command.lodgement, use)
        except FieldDateInvalid as refusal:
            raise FieldDateInvalid(refusal.detail, path=command.until_path or paths.get("valid_until", "")) from None


def _wrong_date(lodgement: ConsentLodgement, now: datetime) -> str | None:
    if lodgement.valid_until is not None and lodgement.valid_until <= now:
        return "valid_until"
    first, last = lodgement.data.transactions_from, lodgement.data.transactions_to
    if first is not None and last is not None and last < first:
        return "transactions_to"
    return None
