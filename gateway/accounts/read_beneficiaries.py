"""Read the payees of one account, or of all accounts, that a consent covers: one page, newest first."""

from dataclasses import dataclass

from gateway.accounts.pages.records import list_records
from gateway.pipeline.exchange import Exchange
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.results import RecordsView
from kernel.clock import Clock
from kernel.operations import Operation
from kernel.storage.cursor import CursorSealer


@dataclass(frozen=True)
class ReadBeneficiaries:
    accounts: GuardedAccounts
    cursors: CursorSealer
    clock: Clock
    operations = (Operation.LIST_BENEFICIARIES, Operation.READ_BENEFICIARIES)

    async def run(self, exchange: Exchange) -> RecordsView[Beneficiary]:
        return await list_records(self.cursors, self.clock, exchange, self.accounts.beneficiaries)
