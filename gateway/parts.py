"""What the use cases are made of. Each names the parts it needs by its fields."""

from dataclasses import dataclass

from gateway.guarded_accounts import GuardedAccounts
from gateway.ports import Consents, Customers
from kernel.clock import Clock
from kernel.cursor import CursorSealer


@dataclass(frozen=True, slots=True)
class Parts:
    accounts: GuardedAccounts
    consents: Consents
    cursors: CursorSealer
    clock: Clock
    customers: Customers
