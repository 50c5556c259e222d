"""Read the standing orders of the accounts that a consent covers: the bank's own and those placed through payment initiation, newest first."""

from dataclasses import dataclass

from gateway.accounts.pages.parts import with_ours
from gateway.accounts.pages.records import list_records
from gateway.pipeline.exchange import Exchange
from gateway.ports import Payments
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking.records.standing_orders import StandingOrder
from kernel.banking.results import RecordsView
from kernel.clock import Clock
from kernel.operations import Operation
from kernel.storage.cursor import CursorSealer


@dataclass(frozen=True)
class ReadStandingOrders:
    accounts: GuardedAccounts
    payments: Payments
    cursors: CursorSealer
    clock: Clock
    operations = (Operation.LIST_STANDING_ORDERS, Operation.READ_STANDING_ORDERS)

    async def run(self, exchange: Exchange) -> RecordsView[StandingOrder]:
        return await list_records(
            self.cursors, self.clock, exchange, with_ours(self.accounts.standing_orders, self.payments.planned.standing_orders)
        )
