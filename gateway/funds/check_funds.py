"""Answer a card issuer whether the account of a consent has an amount: yes or no, and no more. Each answer is written down before it is given."""

from dataclasses import dataclass

from gateway.funds.ports import FundsChecks
from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Funds
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking import commands
from kernel.banking.funds_checks import FundsCheck
from kernel.clock import Clock
from kernel.errors import AccountUnknown, ConsentMismatch, CurrencyUnsupported
from kernel.ids import Ids
from kernel.operations import Operation


@dataclass(frozen=True)
class CheckFunds:
    """Directive (EU) 2015/2366 article 65(3): a simple yes or no, and not a statement of the balance."""

    funds: Funds
    accounts: GuardedAccounts
    funds_checks: FundsChecks
    clock: Clock
    ids: Ids
    operations = (Operation.CHECK_FUNDS,)

    async def run(self, exchange: Exchange) -> FundsCheck:
        command: commands.CheckFunds = exchange.command
        consent = present(exchange.consent)
        if command.consent_id != consent.id:
            raise ConsentMismatch("the body names another consent than the token", path=command.consent_path)
        account_id = await self._account_in(exchange, command)
        check = FundsCheck(
            id=self.ids.uuid(),
            consent_id=consent.id,
            reference=command.reference,
            amount=command.amount,
            is_available=await self.funds.funds(exchange.brand, account_id, command.amount),
            at=self.clock.now(),
        )
        await self.funds_checks.record(exchange.brand, present(exchange.caller), check)
        return check

    async def _account_in(self, exchange: Exchange, command: commands.CheckFunds) -> str:
        """The bank's own id of the account, if it is in the currency that was asked about."""
        ids = tuple(account.upstream_id for account in present(exchange.consent).accounts[:1])
        found = await self.accounts.accounts(exchange.brand, ids) if ids else ()
        if not found:
            raise AccountUnknown("the account is gone")
        if found[0].currency != command.amount.currency:
            raise CurrencyUnsupported("not the currency of the account", path=command.currency_path)
        return found[0].id
