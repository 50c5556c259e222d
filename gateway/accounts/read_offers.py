"""Read the offers in force of one account, or of all accounts, that a consent covers."""

from dataclasses import dataclass

from gateway.accounts.consented_accounts import consented
from gateway.accounts.pages.records import upstream_ids, views_of
from gateway.pipeline.exchange import Exchange
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking import commands
from kernel.banking.records.offers import Offer
from kernel.banking.results import RecordView
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadOffers:
    accounts: GuardedAccounts
    operations = (Operation.LIST_OFFERS, Operation.READ_OFFERS)

    async def run(self, exchange: Exchange) -> tuple[RecordView[Offer], ...]:
        command: commands.ReadOffers = exchange.command
        references = consented(exchange, command.account_id)
        if not references:
            return ()
        return views_of(references, await self.accounts.offers(exchange.brand, upstream_ids(references)))
