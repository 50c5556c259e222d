"""Read the party of the PSU who gave the consent, independent of the accounts that it covers."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Customers
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking.results import PsuPartyView
from kernel.errors import UpstreamFailed
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadPsuParty:
    accounts: GuardedAccounts
    customers: Customers
    operations = (Operation.READ_PSU_PARTY,)

    async def run(self, exchange: Exchange) -> PsuPartyView:
        customer_id = await self.customers.customer_of(exchange.brand, present(present(exchange.consent).psu_id))
        party = await self.accounts.party_of(exchange.brand, customer_id) if customer_id is not None else None
        if party is None:
            raise UpstreamFailed("the bank does not know the customer who gave the consent")
        return PsuPartyView(party)
