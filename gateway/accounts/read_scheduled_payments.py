"""Read the payments planned for later of the accounts that a consent covers: the bank's own and those placed through payment initiation, newest first."""

from dataclasses import dataclass

from gateway.accounts.pages.parts import with_ours
from gateway.accounts.pages.records import list_records
from gateway.pipeline.exchange import Exchange
from gateway.ports import Payments
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.results import RecordsView
from kernel.clock import Clock
from kernel.operations import Operation
from kernel.storage.cursor import CursorSealer


@dataclass(frozen=True)
class ReadScheduledPayments:
    accounts: GuardedAccounts
    payments: Payments
    cursors: CursorSealer
    clock: Clock
    operations = (Operation.LIST_SCHEDULED_PAYMENTS, Operation.READ_SCHEDULED_PAYMENTS)

    async def run(self, exchange: Exchange) -> RecordsView[ScheduledPayment]:
        return await list_records(
            self.cursors,
            self.clock,
            exchange,
            with_ours(self.accounts.scheduled_payments, self.payments.planned.scheduled_payments),
        )
