"""List the accounts that a consent covers, in the order in which the PSU chose them; with their balances where they are asked for and
permitted."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.accounts.consented_accounts import consented
from gateway.pipeline.exchange import Exchange, present
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking import commands
from kernel.banking.consents import AccountReference, Permission
from kernel.banking.results import AccountView, BalanceView
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
        held = tuple(reference for reference in references if reference.upstream_id in by_id)
        balances = await self._balances(exchange, held)
        return tuple(AccountView(each, by_id[each.upstream_id], balances.get(each.id)) for each in held)

    async def _balances(self, exchange: Exchange, held: tuple[AccountReference, ...]) -> Mapping[str, tuple[BalanceView, ...]]:
        """By the caller's own account ids: of those whose balances are opened, if they are asked for."""
        command: commands.ListAccounts = exchange.command
        consent = present(exchange.consent)
        ours = {each.upstream_id: each.id for each in held if Permission.BALANCES in consent.permitted(each.id)}
        if not command.with_balances or not ours:
            return {}
        found = await self.accounts.balances(exchange.brand, tuple(ours))
        views = tuple(BalanceView(ours[balance.account_id], balance) for balance in found)
        return {each: tuple(view for view in views if view.account_id == each) for each in ours.values()}
