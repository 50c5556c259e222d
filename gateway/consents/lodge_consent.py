"""Lodge a consent: a TPP states what it will ask a PSU for. No PSU has agreed yet."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gateway.payments.cut_off import lodge_until
from gateway.payments.rates import lodge_at_rate
from gateway.pipeline.exchange import Exchange, present
from gateway.pipeline.idempotency import use_of
from gateway.ports import Consents, CutOffs, Rates
from kernel.banking import commands
from kernel.banking.consents import Consent, ConsentLodgement, CrossBorderTerms
from kernel.clock import Clock
from kernel.errors import FieldDateInvalid
from kernel.operations import Operation


@dataclass(frozen=True)
class LodgeConsent:
    consents: Consents
    clock: Clock
    cut_offs: CutOffs
    rates: Rates
    operations = (Operation.LODGE_ACCOUNT_CONSENT, Operation.LODGE_PAYMENT_CONSENT, Operation.LODGE_FUNDS_CONSENT)

    async def run(self, exchange: Exchange) -> Consent:
        """A repeat is answered from its key and judged no more: there the store judges the end, after it has looked for the key."""
        command: commands.LodgeConsent = exchange.command
        wrong, paths = _wrong_date(command.lodgement, self.clock.now()), exchange.dialect.paths
        if wrong and not exchange.row.idempotent:
            raise FieldDateInvalid(f"{wrong} is in the past or before its beginning", path=paths.get(wrong, ""))
        use = use_of(exchange) if exchange.row.idempotent else None
        lodgement, complete = command.lodgement, None
        if exchange.row.operation is Operation.LODGE_PAYMENT_CONSENT:
            now = self.clock.now()
            lodgement = lodge_until(lodgement, await self.cut_offs.payment_day(exchange.brand, now))
            if isinstance(lodgement.terms, CrossBorderTerms):
                complete = partial(lodge_at_rate, self.rates, exchange.brand, lodgement, now, paths)
        try:
            return await self.consents.lodge(exchange.brand, present(exchange.caller), lodgement, use, complete=complete)
        except FieldDateInvalid as refusal:
            named = paths[refusal.path] if refusal.path else command.until_path or paths.get("valid_until", "")
            raise FieldDateInvalid(refusal.detail, public=refusal.public, path=named) from None


def _wrong_date(lodgement: ConsentLodgement, now: datetime) -> str | None:
    if lodgement.valid_until is not None and lodgement.valid_until <= now:
        return "valid_until"
    first, last = lodgement.data.transactions_from, lodgement.data.transactions_to
    if first is not None and last is not None and last < first:
        return "transactions_to"
    return None
