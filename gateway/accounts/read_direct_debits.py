"""Read the direct debits of one account, or of all accounts, that a consent covers: one page, newest first."""

from dataclasses import dataclass

from gateway.accounts.pages.records import list_records
from gateway.pipeline.exchange import Exchange
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking.records.direct_debits import DirectDebit
from kernel.banking.results import RecordsView
from kernel.clock import Clock
from kernel.operations import Operation
from kernel.storage.cursor import CursorSealer


@dataclass(frozen=True)
class ReadDirectDebits:
    accounts: GuardedAccounts
    cursors: CursorSealer
    clock: Clock
    operations = (Operation.LIST_DIRECT_DEBITS, Operation.READ_DIRECT_DEBITS)

    async def run(self, exchange: Exchange) -> RecordsView[DirectDebit]:
        return await list_records(self.cursors, self.clock, exchange, self.accounts.direct_debits)
