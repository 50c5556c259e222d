"""The parts of the use cases. Each use case names the parts it needs by its fields."""

from dataclasses import dataclass, field

from gateway.accounts.statements.statement_files import StatementFiles
from gateway.events.ports import Callbacks, Notices
from gateway.files.ports import Files
from gateway.funds.ports import FundsChecks
from gateway.ports import Consents, Customers, CutOffs, Funds, MessageKeys, Payments, Rates
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.clock import Clock
from kernel.ids import Ids
from kernel.storage.cursor import CursorSealer


@dataclass(frozen=True, slots=True)
class Parts:
    accounts: GuardedAccounts
    consents: Consents
    cursors: CursorSealer
    clock: Clock
    customers: Customers
    cut_offs: CutOffs
    payments: Payments
    funds: Funds
    rates: Rates
    funds_checks: FundsChecks
    payment_files: Files
    ids: Ids
    notices: Notices
    callbacks: Callbacks
    message_keys: MessageKeys
    files: StatementFiles = field(default_factory=StatementFiles)
