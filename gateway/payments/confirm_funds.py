"""Ask the bank if the account that a payer chose could pay now. Nothing is held, and the answer is good for this moment alone."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Funds
from kernel.banking import commands
from kernel.banking.consents import Consent, debit_of
from kernel.banking.money import Money
from kernel.banking.results import FundsView
from kernel.banking.terms import VrpParameter, VrpTerms
from kernel.clock import Clock
from kernel.errors import AccountUnknown, ConsentMismatch, LimitBreached
from kernel.ids import Ids
from kernel.operations import Operation


@dataclass(frozen=True)
class ConfirmFunds:
    funds: Funds
    clock: Clock
    ids: Ids
    operations = (Operation.CONFIRM_PAYMENT_FUNDS,)

    async def run(self, exchange: Exchange) -> FundsView:
        command: commands.ConfirmFunds = exchange.command
        consent = present(exchange.consent)
        if command.consent_id != consent.id:
            raise ConsentMismatch("the path names another consent than the token")
        amount = _asked_of(consent, command)
        if amount is None or not consent.accounts:
            raise AccountUnknown("the account that pays is gone")
        is_available = await self.funds.funds(exchange.brand, consent.accounts[0].upstream_id, amount)
        return FundsView(self.ids.uuid(), consent.id, amount, is_available, self.clock.now(), command.reference)


def _asked_of(consent: Consent, command: commands.ConfirmFunds) -> Money | None:
    """The amount that is asked about. Raises LimitBreached for more than one payment may be: no balance is found out beyond that."""
    terms = consent.terms
    if not isinstance(terms, VrpTerms):
        return debit_of(terms)
    most, amount = terms.individual_max, command.amount
    if amount is not None and (amount.currency != most.currency or amount.minor > most.minor):
        raise LimitBreached(path=command.breach_path(VrpParameter.INDIVIDUAL_MAX, None))
    return amount
