"""Read one account of a consent, with its balances where they are asked for and permitted."""

from dataclasses import dataclass

from gateway.accounts.consented_accounts import consented
from gateway.pipeline.exchange import Exchange, present
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking import commands
from kernel.banking.consents import AccountReference, Permission
from kernel.banking.results import AccountView, BalanceView
from kernel.errors import AccountUnknown
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadAccount:
    accounts: GuardedAccounts
    operations = (Operation.READ_ACCOUNT,)

    async def run(self, exchange: Exchange) -> AccountView:
        command: commands.ReadAccount = exchange.command
        consent = present(exchange.consent)
        (reference,) = consented(exchange, command.account_id)
        found = await self.accounts.accounts(exchange.brand, (reference.upstream_id,))
        if not found:
            raise AccountUnknown("the bank no longer has it")
        with_balances = command.with_balances and Permission.BALANCES in consent.permitted(command.account_id)
        balances = await self._balances(exchange, reference) if with_balances else None
        return AccountView(reference, found[0], balances)

    async def _balances(self, exchange: Exchange, reference: AccountReference) -> tuple[BalanceView, ...]:
        found = await self.accounts.balances(exchange.brand, (reference.upstream_id,))
        return tuple(BalanceView(reference.id, balance) for balance in found)
