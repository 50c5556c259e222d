"""Read the standing orders of one account, or of all accounts, that a consent covers: one page, newest first."""

from dataclasses import dataclass

from gateway.accounts.pages.records import list_records
from gateway.pipeline.exchange import Exchange
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking.records.standing_orders import StandingOrder
from kernel.banking.results import RecordsView
from kernel.clock import Clock
from kernel.operations import Operation
from kernel.storage.cursor import CursorSealer


@dataclass(frozen=True)
class ReadStandingOrders:
    accounts: GuardedAccounts
    cursors: CursorSealer
    clock: Clock
    operations = (Operation.LIST_STANDING_ORDERS, Operation.READ_STANDING_ORDERS)

    async def run(self, exchange: Exchange) -> RecordsView[StandingOrder]:
        return await list_records(self.cursors, self.clock, exchange, self.accounts.standing_orders)
