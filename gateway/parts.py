"""The parts of the use cases. Each use case names the parts it needs by its fields."""

from dataclasses import dataclass, field

from gateway.accounts.statements.statement_files import StatementFiles
from gateway.ports import Consents, Customers, Funds, Payments
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.clock import Clock
from kernel.storage.cursor import CursorSealer


@dataclass(frozen=True, slots=True)
class Parts:
    accounts: GuardedAccounts
    consents: Consents
    cursors: CursorSealer
    clock: Clock
    customers: Customers
    payments: Payments
    funds: Funds
    files: StatementFiles = field(default_factory=StatementFiles)
