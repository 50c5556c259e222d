"""Order the payment of a consent. The order is judged inside its command, once it is known to be no repeat of an earlier one."""

from dataclasses import dataclass

import msgspec

from gateway.pipeline.exchange import Exchange, present
from gateway.pipeline.idempotency import use_of
from gateway.ports import Payments
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking import commands
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import Consent
from kernel.banking.orders import PaymentOrder
from kernel.banking.payments import PaymentTerms
from kernel.errors import ConsentMismatch
from kernel.operations import Operation


@dataclass(frozen=True)
class PlacePayment:
    payments: Payments
    accounts: GuardedAccounts
    operations = (Operation.PLACE_PAYMENT,)

    async def run(self, exchange: Exchange) -> PaymentOrder:
        command: commands.PlacePayment = exchange.command
        consent = present(exchange.consent)
        if command.request.consent_id != consent.id:
            raise ConsentMismatch("the order names another consent than its token", path="Data.ConsentId")
        request = msgspec.structs.replace(command.request, refund_account=await self._refund_account(exchange, consent))
        caller = present(exchange.caller)
        return await self.payments.place(exchange.brand, caller, request, use_of(exchange), check_agreed=command.check_agreed)

    async def _refund_account(self, exchange: Exchange, consent: Consent) -> AccountIdentifier | None:
        """The number of the account that pays, if its TPP asked for it when it lodged the consent."""
        if not isinstance(consent.terms, PaymentTerms) or not consent.terms.returns_to_payer or not consent.accounts:
            return None
        found = await self.accounts.accounts(exchange.brand, (consent.accounts[0].upstream_id,))
        return next((number for account in found for number in account.identifiers), None)
