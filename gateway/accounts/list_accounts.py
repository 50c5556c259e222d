"""List the accounts that a consent covers, in the order in which the PSU chose them."""

from dataclasses import dataclass

from gateway.accounts.consented_accounts import consented
from gateway.pipeline.exchange import Exchange
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking.results import AccountView
from kernel.operations import Operation


@dataclass(frozen=True)
class ListAccounts:
    accounts: GuardedAccounts
    operations = (Operation.LIST_ACCOUNTS,)

    async def run(self, exchange: Exchange) -> tuple[AccountView, ...]:
        references = consented(exchange, None)
        if not references:
            return ()
        found = await self.accounts.accounts(exchange.brand, tuple(reference.upstream_id for reference in references))
        by_id = {account.id: account for account in found}
        return tuple(
            AccountView(reference, by_id[reference.upstream_id]) for reference in references if reference.upstream_id in by_id
        )
