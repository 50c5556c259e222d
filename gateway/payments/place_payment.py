"""Order the payment of a consent. The order is judged inside its command, once it is known to be no repeat of an earlier one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import msgspec

from gateway.payments.cut_off import order_on
from gateway.payments.rates import ask_again, is_asked_again
from gateway.pipeline.exchange import Exchange, present
from gateway.pipeline.idempotency import use_of
from gateway.ports import CutOffs, Payments, Rates
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking import commands
from kernel.banking.abroad.exchange import Quote
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import Consent, payment_of
from kernel.banking.planned.instructions import InstructionRequest, Placed
from kernel.banking.terms import VrpTerms
from kernel.clock import Clock
from kernel.errors import ConsentMismatch, LimitBreached
from kernel.operations import Operation


@dataclass(frozen=True)
class PlacePayment:
    payments: Payments
    accounts: GuardedAccounts
    cut_offs: CutOffs
    rates: Rates
    clock: Clock
    operations = (Operation.PLACE_PAYMENT,)

    async def run(self, exchange: Exchange) -> Placed:
        command: commands.PlacePayment = exchange.command
        consent = present(exchange.consent)
        if command.request.consent_id != consent.id:
            raise ConsentMismatch("the order names another consent than its token", path="Data.ConsentId")
        brand, caller, use, now = exchange.brand, present(exchange.caller), use_of(exchange), self.clock.now()
        refund_account = partial(self._payers_number, exchange, consent) if _returns_to_payer(consent) else None
        agreed, kind = command.check_agreed, present(exchange.row.consent_kind)
        if isinstance(command.request, InstructionRequest):
            instruction, place = msgspec.structs.replace(command.request, kind=kind), self.payments.instructions.place
            return await place(brand, caller, instruction, use, check_agreed=agreed, refund_account=refund_account)
        request = msgspec.structs.replace(command.request, kind=kind)
        order = order_on(request, consent, await self.cut_offs.payment_day(brand, now), now)
        try:
            quote = self._ask_again(exchange, consent)
            return await self.payments.place(
                brand, caller, order, use, check_agreed=agreed, refund_account=refund_account, quote=quote
            )
        except LimitBreached as refusal:
            raise LimitBreached(refusal.detail, path=command.breach_path(refusal.parameter, refusal.index)) from None

    def _ask_again(self, exchange: Exchange, consent: Consent) -> Callable[[], Awaitable[Quote]] | None:
        """The question for the rate of the moment, where that is what its payer agreed to."""
        paths = exchange.dialect.paths
        return partial(ask_again, self.rates, exchange.brand, consent, paths) if is_asked_again(consent) else None

    async def _payers_number(self, exchange: Exchange, consent: Consent) -> AccountIdentifier | None:
        """The number of the account that pays."""
        found = await self.accounts.accounts(exchange.brand, (consent.accounts[0].upstream_id,))
        return next((number for account in found for number in account.identifiers), None)


def _returns_to_payer(consent: Consent) -> bool:
    """True if its TPP asked for the payer's number when it lodged the consent."""
    terms = consent.terms if isinstance(consent.terms, VrpTerms) else payment_of(consent.terms)
    return terms is not None and terms.returns_to_payer and len(consent.accounts) > 0
