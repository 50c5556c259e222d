"""Read the balances of one account, or of all accounts, that a consent covers."""

from dataclasses import dataclass

from gateway.accounts.consented_accounts import consented
from gateway.pipeline.exchange import Exchange
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking import commands
from kernel.banking.results import BalanceView
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadBalances:
    accounts: GuardedAccounts
    operations = (Operation.LIST_BALANCES, Operation.READ_BALANCES)

    async def run(self, exchange: Exchange) -> tuple[BalanceView, ...]:
        command: commands.ReadBalances = exchange.command
        references = consented(exchange, command.account_id)
        if not references:
            return ()
        ours = {reference.upstream_id: reference.id for reference in references}
        found = await self.accounts.balances(exchange.brand, tuple(ours))
        return tuple(BalanceView(ours[balance.account_id], balance) for balance in found)
