"""Read who holds an account, its principal holder first."""

from dataclasses import dataclass

from gateway.accounts.consented_accounts import consented
from gateway.accounts.pages.records import upstream_ids, views_of
from gateway.pipeline.exchange import Exchange
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking import commands
from kernel.banking.records.parties import AccountParty
from kernel.banking.results import RecordView
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadParties:
    """READ_PARTIES answers all of them, READ_PARTY the first alone: a tuple all the same, empty if the bank knows none."""

    accounts: GuardedAccounts
    operations = (Operation.READ_PARTIES, Operation.READ_PARTY)

    async def run(self, exchange: Exchange) -> tuple[RecordView[AccountParty], ...]:
        command: commands.ReadParties = exchange.command
        references = consented(exchange, command.account_id)
        found = views_of(references, await self.accounts.parties(exchange.brand, upstream_ids(references)))
        return found[:1] if exchange.row.operation is Operation.READ_PARTY else found
