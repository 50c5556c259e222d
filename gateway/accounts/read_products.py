"""Read the product of one account, or of all accounts, that a consent covers."""

from dataclasses import dataclass

from gateway.accounts.consented_accounts import consented
from gateway.accounts.pages.records import upstream_ids, views_of
from gateway.pipeline.exchange import Exchange
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking import commands
from kernel.banking.records.products import Product
from kernel.banking.results import RecordView
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadProducts:
    accounts: GuardedAccounts
    operations = (Operation.LIST_PRODUCTS, Operation.READ_PRODUCT)

    async def run(self, exchange: Exchange) -> tuple[RecordView[Product], ...]:
        command: commands.ReadProducts = exchange.command
        references = consented(exchange, command.account_id)
        if not references:
            return ()
        return views_of(references, await self.accounts.products(exchange.brand, upstream_ids(references)))
