"""Ask the bank if the account that a payer chose could pay now. Nothing is held, and the answer is good for this moment alone."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Funds
from kernel.banking import commands
from kernel.banking.payments import PaymentTerms
from kernel.banking.results import FundsView
from kernel.clock import Clock
from kernel.errors import AccountUnknown, ConsentMismatch
from kernel.operations import Operation


@dataclass(frozen=True)
class ConfirmFunds:
    funds: Funds
    clock: Clock
    operations = (Operation.CONFIRM_PAYMENT_FUNDS,)

    async def run(self, exchange: Exchange) -> FundsView:
        command: commands.ConfirmFunds = exchange.command
        consent = present(exchange.consent)
        if command.consent_id != consent.id:
            raise ConsentMismatch("the path names another consent than the token")
        terms = consent.terms
        if not isinstance(terms, PaymentTerms) or not consent.accounts:
            raise AccountUnknown("the account that pays is gone")
        is_available = await self.funds.funds(exchange.brand, consent.accounts[0].upstream_id, terms.amount)
        return FundsView(consent.id, is_available, self.clock.now())
